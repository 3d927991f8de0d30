package generate_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/generate"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
	"github.com/corsac-dev/corsac/cors"
)

// policies are the three with which servers are tested.
func policies() map[string]*cors.Policy {
	return map[string]*cors.Policy{
		"reference": &generate.Reference,
		"public":    {AllowOrigins: []string{"*"}},
		"single":    {AllowOrigins: []string{"https://app.example.com"}, AllowMethods: []string{"PUT"}, AllowHeaders: []string{"Content-Type"}, AllowCredentials: true},
	}
}

// wide is a policy with what few stacks can say.
var wide = cors.Policy{
	AllowOrigins: []string{"https://*.example.com:*", "null"}, DangerouslyAllowNullOrigin: true, AllowMethods: []string{"*"}, AllowHeaders: []string{"*"}, AllowCredentials: true,
	DangerouslyAllowOriginRegexps: []string{`https://([a-z]+\.)+example\.edu`}, AllowTiming: true, ResourcePolicy: "cross-origin",
}

// TestEveryStack generates every stack for each policy, or learns what to do
// instead; a narrower result then is refused only if it is wider, too.
func TestEveryStack(t *testing.T) {
	made := map[string]int{}
	for name, p := range policies() {
		for _, s := range stacks.All() {
			r := generate.Request{Stack: s, Policy: p, PolicyName: name}
			out, err := generate.Make(r)
			if err == nil {
				made[name]++
				checkOutput(t, s, out)
				continue
			}
			lost, wider := checkRefusal(t, s, err)
			r.AllowNarrower = true
			out, err = generate.Make(r)
			if (err != nil) != (wider > 0) || err == nil && lost == 0 {
				t.Errorf("%s, %s: with AllowNarrower: %v", s.Name, name, err)
			}
			if err == nil {
				checkOutput(t, s, out)
			}
		}
	}
	t.Logf("of %d stacks: %v", len(stacks.All()), made)
	if made["public"] < 60 || made["single"] < 55 || made["reference"] < 40 {
		t.Errorf("of %d stacks, only %v", len(stacks.All()), made)
	}
}

// checkOutput checks that an output is one file with the whole snippet.
func checkOutput(t *testing.T, s *stacks.Stack, out *generate.Output) {
	t.Helper()
	if len(out.Files) != 1 || !filepath.IsLocal(out.Files[0].Path) {
		t.Errorf("%s: %v", s.Name, out.Files)
		return
	}
	text := out.Files[0].Text
	if !strings.HasSuffix(text, strings.TrimPrefix(out.Code, "<?php\n")+"\n") {
		t.Errorf("%s lacks its snippet:\n%s", s.Name, text)
	}
	commented := !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[\n") && !strings.HasPrefix(text, "[]")
	if commented != strings.Contains(text, " CORS for ") {
		t.Errorf("%s: a comment at the beginning: %t\n%s", s.Name, !commented, text)
	}
}

// checkRefusal checks that an error names an alternative for each difference, and
// returns how many there are.
func checkRefusal(t *testing.T, s *stacks.Stack, err error) (lost, wider int) {
	t.Helper()
	var no *generate.Inexpressible
	if !errors.As(err, &no) {
		t.Errorf("%s: %v", s.Name, err)
		return 0, 0
	}
	for _, d := range append(no.Lost, no.Wider...) {
		if d.Instead == "" || !strings.Contains(err.Error(), d.Instead) {
			t.Errorf("%s names no alternative: %q", s.Name, d.Text)
		}
	}
	return len(no.Lost), len(no.Wider)
}

// TestInexpressible checks what stacks cannot express, and that their errors say
// what to do.
func TestInexpressible(t *testing.T) {
	for name, want := range map[string]string{
		"s3":           "Send the header in the application",
		"tomcat":       "List each origin that you use",
		"express":      "List the methods in the policy.",
		"nginx":        "Write a pattern such as https://*.example.org",
		"gateway-api":  "Move CORS to a proxy",
		"github-pages": "corsac generate cloudflare",
	} {
		_, err := generate.Make(generate.Request{Stack: stacks.Lookup(name), Policy: &wide})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", name, err, want)
		}
	}
	for _, name := range []string{"minio", "azure-app-service", "github-pages", "gcs"} {
		_, err := generate.Make(generate.Request{Stack: stacks.Lookup(name), Policy: &generate.Reference, AllowNarrower: true})
		var no *generate.Inexpressible
		if !errors.As(err, &no) || len(no.Lost) > 0 || len(no.Wider) != 1 {
			t.Errorf("%s, which allows more than the policy: %v", name, err)
		}
	}
	strict := cors.Policy{AllowOrigins: []string{"https://app.example.com"}, ResourcePolicy: "same-origin"}
	if _, err := generate.Make(generate.Request{Stack: stacks.Lookup("express"), Policy: &strict, AllowNarrower: true}); err == nil {
		t.Error("express leaves out Cross-Origin-Resource-Policy: same-origin, so that more pages can embed the answers")
	}
}

// TestNarrower accepts what is lost, and says so in the file and in the notes.
func TestNarrower(t *testing.T) {
	for _, s := range stacks.All() {
		out, err := generate.Make(generate.Request{Stack: s, Policy: &wide, PolicyName: "wide", AllowNarrower: true})
		if err != nil {
			var no *generate.Inexpressible
			if !errors.As(err, &no) || len(no.Lost) > 0 {
				t.Errorf("%s: %v", s.Name, err)
			}
			continue
		}
		if len(out.Notes) != len(out.Lost)+len(out.Gaps) {
			t.Errorf("%s: notes %q", s.Name, out.Notes)
		}
		if text := out.Files[0].Text; strings.Contains(text, " CORS for ") && strings.Count(text, "Note: ") < len(out.Notes) {
			t.Errorf("%s: %d notes are not all in\n%s", s.Name, len(out.Notes), text)
		}
	}
}

// TestDeterministic generates everything twice.
func TestDeterministic(t *testing.T) {
	at := stacks.Addresses{Host: "127.0.0.1", Port: "8080", Upstream: "127.0.0.1:9000"}
	for _, s := range stacks.All() {
		r := generate.Request{Stack: s, Policy: &generate.Reference, PolicyName: "app", AllowNarrower: true}
		for name, f := range map[string]func() (*generate.Output, error){
			"Make":    func() (*generate.Output, error) { return generate.Make(r) },
			"Folder":  func() (*generate.Output, error) { return generate.Folder(r, at) },
			"Include": func() (*generate.Output, error) { return generate.Include(r) },
		} {
			one, err := f()
			two, again := f()
			if !reflect.DeepEqual(one, two) || (err == nil) != (again == nil) {
				t.Errorf("%s of %s differs", name, s.Name)
			}
		}
	}
}

// special is what may mean something in a comment.
var special = regexp.MustCompile(`[^ -~]|\\$|\\u|\?>|coding[:=]`)

// FuzzComment checks that neither the name of a policy nor its values break out of
// the comment: without lines that begin as comments do, the file is the snippet.
func FuzzComment(f *testing.F) {
	f.Add("app", "https://app.example.com", "X-One", `https://a\d\.example\.com`)
	f.Add("a\nb", "https://*.example.com:*", "X-$http_cookie", `https://(a|b)?>`)
	f.Add("coding: utf-7", "capacitor://localhost", "X-'`%h#!&^|~*+.", `https://coding:x\\u000a--->y`)
	f.Add(`*/ --> ?> \u000a \`, "http://[::1]:*", "*", "x\ny")
	f.Fuzz(func(t *testing.T, name, origin, header, expression string) {
		p := cors.Policy{
			AllowOrigins: []string{origin}, AllowHeaders: []string{header}, AllowMethods: []string{"*"}, AllowTiming: true,
			DangerouslyAllowOriginRegexps: []string{expression},
		}
		if _, err := cors.New(p); err != nil {
			t.Skip(err)
		}
		for _, s := range stacks.All() {
			out, err := generate.Make(generate.Request{Stack: s, Policy: &p, PolicyName: name, AllowNarrower: true})
			if err != nil {
				continue
			}
			head, ok := strings.CutSuffix(out.Files[0].Text, strings.TrimPrefix(out.Code, "<?php\n")+"\n")
			if !ok {
				t.Fatalf("%s:\n%s", s.Name, out.Files[0].Text)
			}
			for line := range strings.Lines(strings.TrimPrefix(head, "<?php\n")) {
				line = strings.TrimSuffix(line, "\n")
				inner, xml := strings.CutPrefix(line, "<!-- ")
				switch {
				case special.MatchString(line):
					t.Errorf("%s: %q", s.Name, line)
				case xml:
					if inner, ok := strings.CutSuffix(inner, " -->"); !ok || strings.Contains(inner, "--") {
						t.Errorf("%s: %q", s.Name, line)
					}
				case !strings.HasPrefix(line, "# ") && !strings.HasPrefix(line, "// "):
					t.Errorf("%s: %q", s.Name, line)
				}
			}
		}
	})
}

// TestAddresses checks that nothing but addresses gets into a configuration.
func TestAddresses(t *testing.T) {
	got, err := generate.ParseAddresses(":8080", "http://[::1]")
	if want := (stacks.Addresses{Port: "8080", Upstream: "[::1]:80"}); err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	for _, bad := range [][2]string{
		{"8080", ""},
		{"127.0.0.1", ""},
		{"127.0.0.1:0", ""},
		{"a;b:80", ""},
		{"-x:80", ""},
		{"$HOME:80", ""},
		{"'x':80", ""},
		{"[fe80::1%eth0]:80", ""},
		{":80", "localhost:9000"},
		{":80", "https://api.example.com"},
		{":80", "http://api.example.com/v1"},
		{":80", "http://a;b"},
		{":80", "http://$(x):80"},
	} {
		if at, err := generate.ParseAddresses(bad[0], bad[1]); err == nil {
			t.Errorf("%q is accepted: %+v", bad, at)
		}
	}
}

// TestWrite checks that files are never overwritten by accident.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	files := []generate.File{{Path: "sub/app.js", Text: "one"}, {Path: "run.sh", Text: "two", Executable: true}}
	if err := generate.Write(t.Context(), dir, files, false); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, "run.sh"))
	if err != nil || runtime.GOOS != "windows" && info.Mode()&0o100 == 0 {
		t.Errorf("run.sh: %v, %v", info, err)
	}
	again := []generate.File{{Path: "new", Text: "x"}, {Path: "run.sh", Text: "longer"}}
	if err := generate.Write(t.Context(), dir, again, false); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a file that exists: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "new")); err == nil {
		t.Error("a file is written before an error")
	}
	if err := generate.Write(t.Context(), dir, again, true); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "run.sh")); string(text) != "longer" {
		t.Errorf("with force: %q, %v", text, err)
	}
	if err := generate.Write(t.Context(), filepath.Join(dir, "run.sh", "below"), again, false); err == nil {
		t.Error("a folder below a file is no error")
	}
}

// TestExplain checks that every stack can be explained, and all are listed.
func TestExplain(t *testing.T) {
	var b strings.Builder
	w := &terminal.Writer{Out: &b}
	generate.List(w)
	for _, s := range stacks.All() {
		if !strings.Contains(b.String(), "\n"+s.Name+" ") {
			t.Errorf("%s is not listed", s.Name)
		}
	}
	for _, name := range []string{"nginx", "express", "fastapi", "go", "caddy", "apache", "haproxy"} {
		if stacks.Lookup(name).Server == nil {
			t.Errorf("%s does not say why, or cannot be started", name)
		}
	}
	b.Reset()
	generate.Explain(w, stacks.Lookup("tomcat"), &generate.Reference)
	for _, want := range []string{"Tomcat (application), tested in the real server: Tomcat 10.1", "It allows less than the policy:", "Instead: List each origin", "To know:"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("tomcat lacks %q:\n%s", want, &b)
		}
	}
}

// TestWriteLinks checks that nothing is written through a symbolic link that leads
// out of the folder, and that other links are followed.
func TestWriteLinks(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	victim := filepath.Join(outside, "victim")
	if err := os.WriteFile(victim, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "real"), 0o700); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{"file": victim, "new": filepath.Join(outside, "new"), "out": outside, "in": "real"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Skip(err)
		}
	}
	for path, ok := range map[string]bool{"file": false, "new": false, "out/x": false, "out/y/z": false, "../x": false, "in/x": true, "a/b/c": true} {
		for _, force := range []bool{true, false} {
			err := generate.Write(t.Context(), dir, []generate.File{{Path: path, Text: "new"}}, force)
			if (err == nil) != (ok && force) {
				t.Errorf("%s, force %v: %v", path, force, err)
			}
		}
	}
	entries, err := os.ReadDir(outside)
	text, _ := os.ReadFile(victim)
	if err != nil || len(entries) != 1 || string(text) != "old" {
		t.Errorf("%v, %v, %s", err, entries, text)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if err := generate.Write(t.Context(), link, []generate.File{{Path: "x", Text: "new"}}, false); err != nil {
		t.Error("the folder itself may be a link:", err)
	}
}
