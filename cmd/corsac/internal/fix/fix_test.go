package fix_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/fix"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// project writes files into a folder and returns it with its tree.
func project(t *testing.T, files map[string]string) (string, *source.Tree) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		full := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir, walk(t, dir)
}

func walk(t *testing.T, dir string) *source.Tree {
	t.Helper()
	tree, err := source.Walk(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tree.Close() })
	return tree
}

// one returns the patch that makes a file begin with "new ".
func one(t *testing.T, tree *source.Tree, name string) *fix.Patch {
	t.Helper()
	patches, err := fix.Patches(tree, map[string][]source.Edit{name: {source.Insert(0, "new ")}}, nil)
	if err != nil || len(patches) != 1 {
		t.Fatal(patches, err)
	}
	return &patches[0]
}

func text(t *testing.T, elem ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(elem...))
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func TestPatches(t *testing.T) {
	t.Parallel()
	_, tree := project(t, map[string]string{"b/x.conf": "one\ntwo\n", "a.conf": "same"})
	patches, err := fix.Patches(tree, map[string][]source.Edit{
		"b/x.conf": {{Span: source.Span{Start: 4, End: 7}, New: "2"}}, "a.conf": {{Span: source.Span{Start: 0, End: 1}, New: "s"}},
	}, map[string]string{"new.conf": "n\n"})
	if err != nil || len(patches) != 2 {
		t.Fatal(patches, err)
	}
	if got, want := patches[0].Diff(), "--- a/b/x.conf\n+++ b/b/x.conf\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := patches[1].Diff(), "--- /dev/null\n+++ b/new.conf\n@@ -0,0 +1 @@\n+n\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for _, c := range []struct {
		edits map[string][]source.Edit
		files map[string]string
	}{
		{edits: map[string][]source.Edit{"none": {source.Insert(0, "x")}}},
		{edits: map[string][]source.Edit{"a.conf": {source.Insert(99, "x")}}},
		{files: map[string]string{"a.conf": ""}},
	} {
		if patches, err := fix.Patches(tree, c.edits, c.files); err == nil {
			t.Errorf("%v", patches)
		}
	}
}

// TestWrite checks that permissions stay, that nothing else is left behind, and that
// a file that has changed is left alone.
func TestWrite(t *testing.T) {
	t.Parallel()
	dir, tree := project(t, map[string]string{"a.conf": "old", "b.conf": "old", "ro.conf": "old"})
	if err := os.Chmod(filepath.Join(dir, "a.conf"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "ro.conf"), 0o400); err != nil {
		t.Fatal(err)
	}
	p := one(t, tree, "a.conf")
	if o := fix.Write(t.Context(), tree, p, false); o.Err != nil || filepath.Base(o.Backup) != "a.conf.orig" {
		t.Errorf("%+v", o)
	}
	if got := text(t, dir, "a.conf") + text(t, dir, fix.Backups, "a.conf.orig"); got != "new oldold" {
		t.Errorf("%q", got)
	}
	if info, err := os.Stat(filepath.Join(dir, "a.conf")); err != nil || runtime.GOOS != "windows" && info.Mode() != 0o640 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if o := fix.Write(t.Context(), tree, p, true); o.Err == nil || !strings.Contains(o.Err.Error(), "changed since") {
		t.Errorf("%+v", o)
	}
	if o := fix.Write(t.Context(), tree, one(t, tree, "ro.conf"), false); o.Err == nil || !strings.Contains(o.Err.Error(), "read-only") {
		t.Errorf("%+v", o)
	}
	if o := fix.Write(t.Context(), tree, &fix.Patch{Name: "sub/new.conf", After: "n", New: true}, false); o.Err != nil || text(t, dir, "sub", "new.conf") != "n" {
		t.Errorf("%+v", o)
	}
	if o := fix.Write(t.Context(), tree, &fix.Patch{Name: "b.conf", After: "n", New: true}, true); o.Err == nil || text(t, dir, "b.conf") != "old" {
		t.Errorf("%+v", o)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 5 {
		t.Errorf("%v, %v", entries, err)
	}
}

// TestWriteBackup checks that no server loads the old text: nginx includes all files
// of sites-enabled.
func TestWriteBackup(t *testing.T) {
	t.Parallel()
	dir, tree := project(t, map[string]string{"sites-enabled/default": "old", "sites-enabled/.hidden": "", "left.conf.orig": ""})
	for _, before := range []string{"old", "new old"} {
		o := fix.Write(t.Context(), tree, &fix.Patch{Name: "sites-enabled/default", Before: before, After: "new " + before}, false)
		if o.Err != nil || text(t, filepath.FromSlash(o.Backup)) != before {
			t.Errorf("%+v", o)
		}
	}
	after := walk(t, dir)
	if got := strings.Join(append(after.Glob("sites-enabled/*"), after.Names("*")...), " "); got != "sites-enabled/default sites-enabled/.hidden sites-enabled/default" {
		t.Error(got)
	}
	if got := after.Glob(fix.Backups + "/*/*.orig*"); len(got) != 2 {
		t.Error(got)
	}
}

// TestWriteLinks checks that the file is written that a link leads to, and nothing
// outside of the folder.
func TestWriteLinks(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege there")
	}
	outside, _ := project(t, map[string]string{"x.conf": "old"})
	dir, tree := project(t, map[string]string{"available/a.conf": "old", "enabled/README": ""})
	for link, target := range map[string]string{"enabled/a.conf": "../available/a.conf", "out": outside} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if o := fix.Write(t.Context(), tree, one(t, tree, "enabled/a.conf"), false); o.Err != nil {
		t.Errorf("%+v", o)
	}
	if info, err := os.Lstat(filepath.Join(dir, "enabled", "a.conf")); err != nil || info.Mode().IsRegular() || text(t, dir, "available", "a.conf") != "new old" {
		t.Errorf("%v, %v", info, err)
	}
	for _, name := range []string{"out/x.conf", "../" + filepath.Base(outside) + "/x.conf"} {
		if o := fix.Write(t.Context(), tree, &fix.Patch{Name: name, Before: "old", After: "bad"}, true); o.Err == nil {
			t.Errorf("%s is written", name)
		}
	}
	if got := text(t, outside, "x.conf"); got != "old" {
		t.Errorf("%q", got)
	}
}

// TestGit checks what may be written in a repository.
func TestGit(t *testing.T) {
	testenv.Program(t, "git", "git")
	dir, _ := project(t, map[string]string{
		"clean.conf": "old", "changed.conf": "old", "staged.conf": "old", ".gitignore": "ignored.conf\nout/\n",
		"ignored.conf": "old", "out/x.conf": "old", ":(top)odd*.conf": "old", "untracked.conf": "old",
	})
	git := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir, "-c", "user.name=x", "-c", "user.email=x@x.example"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v %s", args, err, out)
		}
	}
	git("init", "-q")
	git("add", "clean.conf", "changed.conf", "staged.conf", ".gitignore")
	git("--literal-pathspecs", "add", ":(top)odd*.conf")
	git("commit", "-qm", "one")
	for _, name := range []string{"changed.conf", "staged.conf"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("old, changed"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	git("add", "staged.conf")
	git("config", "core.fsmonitor", "touch "+filepath.ToSlash(dir)+"/executed; false")
	tree := walk(t, dir)
	for _, c := range []struct{ name, refused, backup string }{
		{"clean.conf", "", ""},
		{"changed.conf", "it has changes that are not committed; commit it, or add --force", ""},
		{"staged.conf", "it has changes that are not committed; commit it, or add --force", ""},
		{"untracked.conf", "it was never committed, so that git does not have the version that it is now; commit it, or add --force", ""},
		{"ignored.conf", "", "ignored.conf.orig"},
		{"out/x.conf", "", "x.conf.orig"},
		{":(top)odd*.conf", "", ""},
	} {
		o := fix.Write(t.Context(), tree, one(t, tree, c.name), false)
		why := ""
		if o.Err != nil {
			why = o.Err.Error()
		}
		if why != c.refused || c.backup != "" && filepath.Base(o.Backup) != c.backup || c.backup == "" && o.Backup != "" {
			t.Errorf("%s: %+v", c.name, o)
		}
	}
	if o := fix.Write(t.Context(), tree, one(t, tree, "changed.conf"), true); o.Err != nil || o.Backup != "" {
		t.Errorf("%+v", o)
	}
	if got := text(t, dir, "executed"); !strings.Contains(got, "no such file") && !strings.Contains(got, "cannot find") {
		t.Error("a program of the repository was started")
	}
}

// TestGitMissing checks that nothing is written if nobody can say whether it is safe.
func TestGitMissing(t *testing.T) {
	dir, tree := project(t, map[string]string{".git/HEAD": "broken", "a.conf": "old", "b/.hg/x": "", "b/c.conf": "old"})
	for name, want := range map[string]string{"a.conf": "git cannot say", "b/c.conf": "corsac can ask only git"} {
		o := fix.Write(t.Context(), tree, one(t, tree, name), false)
		if o.Err == nil || !strings.Contains(o.Err.Error(), want) {
			t.Errorf("%s: %+v", name, o)
		}
	}
	t.Setenv("PATH", dir)
	if o := fix.Write(t.Context(), tree, one(t, tree, "a.conf"), false); o.Err == nil || !strings.Contains(o.Err.Error(), "there is no git") || text(t, dir, "a.conf") != "old" {
		t.Errorf("%+v", o)
	}
	if o := fix.Write(t.Context(), tree, one(t, tree, "a.conf"), true); o.Err != nil || text(t, dir, "a.conf") != "new old" {
		t.Errorf("%+v", o)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if o := fix.Write(ctx, tree, one(t, tree, "b/c.conf"), false); o.Err == nil {
		t.Errorf("%+v", o)
	}
}

func TestFromPolicy(t *testing.T) {
	t.Parallel()
	p := cors.Policy{AllowOrigins: []string{"https://a.example"}, MaxAge: cors.CacheFor(0)}
	w := fix.FromPolicy(&p)
	for _, field := range []string{"allow_origins", "allow_methods", "allow_headers", "allow_credentials", "max_age"} {
		if !w.Sets(field) {
			t.Errorf("%s is not set", field)
		}
	}
	if w.Sets("expose_headers") || w.Set["max_age"][0] != "0s" {
		t.Errorf("%+v", w.Set)
	}
	got, err := w.Policy(&stacks.Draft{})
	if err != nil || got.AllowOrigins[0] != "https://a.example" {
		t.Errorf("%+v, %v", got, err)
	}
}

const blocked = `{"profile":"chrome","request":{"origin":"https://a.example","url":"https://api.example/x","method":"PUT","headers":[["content-type","application/json"]],"credentials":"include","mode":"cors","redirect":"follow","destination":"fetch"},
"result":"blocked","error":{"message":"","firefox":"","safari":"","exception":""},"preflight":{"sent":true,"reasons":[],"cached":false},
"wire":[{"kind":"preflight","url":"https://api.example/x","method":"OPTIONS","headers":[["Access-Control-Request-Method","PUT"],["Access-Control-Request-Headers","content-type,x-a"]],"status":405}],"findings":[]}`

func TestFromCheck(t *testing.T) {
	t.Parallel()
	w, v, err := fix.FromCheck([]byte(blocked + "\n" + blocked))
	if err != nil || v.Request.Method != "PUT" {
		t.Fatal(v, err)
	}
	p, err := w.Policy(&stacks.Draft{})
	if err != nil || strings.Join(p.AllowOrigins, "") != "https://a.example" || strings.Join(p.AllowMethods, "") != "PUT" || strings.Join(p.AllowHeaders, "") != "Content-TypeX-A" || !p.AllowCredentials {
		t.Errorf("%+v, %v", p, err)
	}
	if got, want := fix.Proof(w, v, ""), "corsac check https://api.example/x --origin https://a.example -X PUT -H 'content-type: application/json' --credentials include"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	allowed := strings.NewReplacer(`"result":"blocked","error":{"message":"","firefox":"","safari":"","exception":""}`, `"result":"allowed"`).Replace(blocked)
	for _, c := range []struct{ text, want string }{
		{"", "not the output"},
		{"{}", "not the output"},
		{"[" + blocked + "]", "not the output"},
		{strings.Replace(blocked, "https://a.example", "null", 1), "any website can send"},
		{strings.Replace(blocked, `"blocked"`, `"error"`, 1), "before CORS came into it"},
		{allowed, fix.ErrNothingFailed.Error()},
	} {
		if _, _, err := fix.FromCheck([]byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40s: %v", c.text, err)
		}
	}
	w, _, err = fix.FromCheck([]byte(strings.Replace(allowed, `"preflight":`, `"read_headers":{"X-B":false,"X-A":true},"preflight":`, 1)))
	if err != nil || strings.Join(w.Add["expose_headers"], "") != "X-B" {
		t.Errorf("%+v, %v", w, err)
	}
}

func TestProof(t *testing.T) {
	t.Parallel()
	w := &stacks.Want{Set: map[string][]string{
		"allow_origins": {"https://*.example.org:*"}, "allow_methods": {"GET", "PATCH"}, "allow_headers": {"*", "Authorization", "X-It's"}, "expose_headers": {"X-Total"},
	}}
	if got, want := fix.Proof(w, nil, "http://localhost:3000/"), `corsac check http://localhost:3000/ --origin https://www.example.org -X PATCH -H 'Authorization: Bearer TOKEN' -H 'X-It'\''s: 1' --read-header X-Total`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestProofMethod checks that the check uses a method that was asked for: POST, where
// no other needs permission; and that another command looks at all of it without a
// file of policies.
func TestProofMethod(t *testing.T) {
	t.Parallel()
	for methods, want := range map[string]string{"POST": " -X POST", "GET POST PUT": " -X PUT", "GET": "", "*": ""} {
		w := &stacks.Want{Set: map[string][]string{"allow_origins": {"https://a.example"}, "allow_methods": strings.Fields(methods)}}
		if got := fix.Proof(w, nil, "http://localhost:3000/"); got != "corsac check http://localhost:3000/ --origin https://a.example"+want {
			t.Errorf("%s: %s", methods, got)
		}
	}
	_, tree := project(t, map[string]string{"package.json": `{"dependencies": {"express": "^4.0.0"}}`, "app.js": "const app = require('express')();\napp.get('/items', a);\napp.put('/items/:id', a);\napp.put('/all', a);\napp.listen(3000);\n"})
	p, err := fix.Look(tree, nil)
	if err != nil {
		t.Fatal(err)
	}
	for method, path := range map[string]string{"PUT": "/all -X PUT", "GET": "/items"} {
		w := &stacks.Want{Set: map[string][]string{"allow_origins": {"https://a.example", "https://*.b.example"}, "allow_methods": {method}}}
		proposal, err := p.Propose(w)
		if err != nil {
			t.Fatal(err)
		}
		r := p.Report(proposal, w, nil)
		url, options, _ := strings.Cut(path, " ")
		if want := strings.TrimSpace("corsac check http://localhost:3000" + url + " --origin https://a.example " + options); r.Check != want {
			t.Errorf("%s, want %s", r.Check, want)
		}
		if want := "corsac verify http://localhost:3000" + url + " --origin https://a.example"; r.Verify != want {
			t.Errorf("%s, want %s", r.Verify, want)
		}
	}
}

// TestProofOrigin checks that the check asks for a page that the files allow already,
// if the wish names none.
func TestProofOrigin(t *testing.T) {
	t.Parallel()
	_, tree := project(t, map[string]string{
		"package.json": `{"dependencies": {"cors": "^2.8.6", "express": "^4.0.0"}}`,
		"app.js":       "const cors = require('cors');\nconst app = require('express')();\napp.use(cors({origin: ['http://localhost:5173']}));\napp.get('/items', a);\napp.listen(3000);\n",
	})
	p, err := fix.Look(tree, nil)
	if err != nil {
		t.Fatal(err)
	}
	w := &stacks.Want{Set: map[string][]string{"expose_headers": {"X-A"}}}
	proposal, err := p.Propose(w)
	if err != nil {
		t.Fatal(err)
	}
	r := p.Report(proposal, w, nil)
	if want := "corsac check http://localhost:3000/items --origin http://localhost:5173 --read-header X-A"; r.Check != want {
		t.Errorf("%s, want %s", r.Check, want)
	}
	if want := "corsac verify http://localhost:3000/items --origin http://localhost:5173"; r.Verify != want {
		t.Errorf("%s, want %s", r.Verify, want)
	}
	if w.Mentions("allow_origins") {
		t.Errorf("the wish was changed: %v", w)
	}
}

// TestReportCheck checks that the path of the check is there once.
func TestReportCheck(t *testing.T) {
	t.Parallel()
	_, tree := project(t, map[string]string{"nginx.conf": "http { server { listen 8085; location /api/ { proxy_pass http://127.0.0.1:9001; } } }"})
	for path, want := range map[string]string{"/api/": "/api/", "/api/v1/": "/api/v1/"} {
		p, err := fix.Look(tree, nil)
		if err != nil {
			t.Fatal(err)
		}
		w := &stacks.Want{Set: map[string][]string{"allow_origins": {"https://a.example"}}, Path: path}
		proposal, err := p.Propose(w)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Report(proposal, w, nil).Check; got != "corsac check http://localhost:8085"+want+" --origin https://a.example" {
			t.Error(got)
		}
	}
}

func TestLook(t *testing.T) {
	t.Parallel()
	_, tree := project(t, map[string]string{"requirements.txt": "flask\n", "nothing.txt": ""})
	p, err := fix.Look(tree, nil)
	if err != nil || len(p.Found) == 0 || p.Found[0].Stack.Name != "flask" {
		t.Fatal(p, err)
	}
	w := &stacks.Want{Set: map[string][]string{"allow_origins": {"https://a.example"}}}
	out, err := p.Propose(w)
	if err != nil || out.Snippet == nil || len(out.Patches) > 0 || !strings.Contains(out.Snippet.Files[0].Text, "CORS(") {
		t.Errorf("%+v, %v", out, err)
	}
	_, empty := project(t, nil)
	if p, err = fix.Look(empty, nil); err != nil {
		t.Fatal(err)
	}
	if out, err := p.Propose(w); out != nil || err != nil {
		t.Errorf("%+v, %v", out, err)
	}
	tomcat := stacks.Lookup("tomcat")
	if p, err = fix.Look(empty, tomcat); err != nil || p.Found[0].Stack != tomcat {
		t.Error(p, err)
	}
	if _, err := p.Propose(&stacks.Want{}); err == nil {
		t.Error("a wish without origins")
	}
}

// TestSafeOnce checks that what two sites share is changed once.
func TestSafeOnce(t *testing.T) {
	t.Parallel()
	f := &source.File{Name: "a.js", Text: "/a.b/"}
	fault := stacks.Fault{Rule: &stacks.Rule{}, File: f, Edits: []source.Edit{source.Insert(2, `\`)}}
	sites := []*stacks.Site{{File: f, Faults: []stacks.Fault{fault}}, {File: f, Faults: []stacks.Fault{fault}}}
	edits, n := fix.Safe(sites, nil)
	if got, err := source.Apply(f.Text, edits["a.js"]); got != `/a\.b/` || err != nil || n != 2 {
		t.Errorf("%s, %v, %d", got, err, n)
	}
}

// TestWriteMeanwhile checks that a change is kept that somebody else makes between the
// first look at the file and the last.
func TestWriteMeanwhile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the program that changes the file is a shell script")
	}
	dir, tree := project(t, map[string]string{"a.conf": "old", ".git/HEAD": ""})
	bin := t.TempDir()
	script := "#!/bin/sh\ncase \"$*\" in *check-ignore*) exit 1; esac\nprintf theirs > '" + filepath.Join(dir, "a.conf") + "'\nprintf 'x blob 3\\nold\\n'\n"
	if err := os.WriteFile(filepath.Join(bin, "git"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	o := fix.Write(t.Context(), tree, &fix.Patch{Name: "a.conf", Before: "old", After: "new"}, false)
	if got := text(t, dir, "a.conf"); got != "theirs" || !errors.Is(o.Err, source.ErrChanged) {
		t.Errorf("%q, %+v", got, o)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if o := fix.Write(ctx, tree, &fix.Patch{Name: "a.conf", Before: "theirs", After: "new"}, true); o.Err == nil || text(t, dir, "a.conf") != "theirs" {
		t.Errorf("after Ctrl-C: %+v", o)
	}
}

// TestFromCheckWide checks that a check cannot ask for so much that it takes long.
func TestFromCheckWide(t *testing.T) {
	t.Parallel()
	var headers strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&headers, `"x-%d": false, `, i)
	}
	text := `{"request": {"origin": "https://a.example", "url": "http://localhost/", "method": "GET"}, "result": "allowed", "read_headers": {` + headers.String() + `"x": false}}`
	if _, _, err := fix.FromCheck([]byte(text)); err == nil || err.Error() != "it asks for more than 1000 headers" {
		t.Error(err)
	}
}

// TestReportConnect checks that the check of a server with a name leads to the
// server on this machine.
func TestReportConnect(t *testing.T) {
	t.Parallel()
	for server, want := range map[string]string{
		"listen 8080; server_name api.example.com;":               "corsac check http://api.example.com:8080/ --origin http://b.example --connect-to api.example.com:8080:127.0.0.1:8080",
		"listen 127.0.0.2:443 ssl; server_name api.example.com;":  "corsac check https://api.example.com/ --origin https://a.example --connect-to api.example.com:443:127.0.0.2:443",
		"listen [::1]:80; server_name api.example.com;":           "corsac check http://api.example.com/ --origin http://b.example --connect-to 'api.example.com:80:[::1]:80'",
		"listen [::]:80; listen 80; server_name api.example.com;": "corsac check http://api.example.com/ --origin http://b.example --connect-to api.example.com:80:127.0.0.1:80",
		"listen 8080; server_name localhost;":                     "corsac check http://localhost:8080/ --origin https://a.example",
		"listen 8080; server_name api.localhost;":                 "corsac check http://api.localhost:8080/ --origin https://a.example",
	} {
		_, tree := project(t, map[string]string{"nginx.conf": "http { server { " + server + "\nlocation / { proxy_pass http://127.0.0.1:9000; } } }\n"})
		w := &stacks.Want{Set: map[string][]string{"allow_origins": {"https://a.example", "http://b.example"}}}
		p, err := fix.Look(tree, stacks.Lookup("nginx"))
		if err != nil {
			t.Fatal(err)
		}
		proposal, err := p.Propose(w)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Report(proposal, w, nil).Check; got != want {
			t.Errorf("%s:\n%s\nwant\n%s", server, got, want)
		}
	}
}

// TestProofBody checks that the check of a failed one keeps its body and headers.
func TestProofBody(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`'{"a":"it'\''s"}'`, "a=1"} {
		command := "corsac check https://api.example/x --origin https://a.example -H 'Content-Type: application/json' -d " + body
		v := &verdict.Verdict{
			Request: verdict.Request{
				URL: "https://api.example/x", Origin: "https://a.example", Method: "POST",
				Headers: fetch.Headers{{Name: "Content-Type", Value: "application/json"}}, Credentials: fetch.CredentialsSameOrigin,
			},
			Findings: []verdict.Finding{{Fix: verdict.Fix{Check: command + " --profile all"}}},
		}
		if got := fix.Proof(nil, v, ""); got != command {
			t.Errorf("%s, want %s", got, command)
		}
	}
}
