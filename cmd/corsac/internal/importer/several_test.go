package importer_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/importer"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// imported returns what a file of a stack says.
func imported(stack, name, text string) *importer.Import {
	return importer.New(importer.Sites(source.Memory(&source.File{Name: name, Text: text}), stacks.Lookup(stack)))
}

// locationFor returns a location of nginx that allows an origin.
func locationFor(match, origin string, port int) string {
	return fmt.Sprintf("location %s {\nadd_header Access-Control-Allow-Origin %s always;\nadd_header Vary Origin always;\nproxy_pass http://127.0.0.1:%d;\n}\n", match, origin, port)
}

// severalPolicies are servers of nginx with more than one policy.
var severalPolicies = map[string]string{
	"paths":  "server {\nlisten 8080;\n" + locationFor("/api/", "https://app.example.com", 9001) + locationFor("/pub/", "*", 9002) + locationFor("= /x", "https://x.example.com", 9003) + "}\n",
	"same":   "server {\nlisten 8080;\n" + locationFor("/", "https://a.example", 9001) + "}\nserver {\nlisten 8081;\n" + locationFor("/", "https://b.example", 9002) + "}\n",
	"nested": "server {\nlisten 8080;\n" + locationFor("/", "https://a.example", 9001) + locationFor("= /", "https://b.example", 9002) + locationFor("/a-b/", "https://c.example", 9003) + locationFor("/a/b/", "https://d.example", 9004) + "}\n",
}

// TestConvertSeveral checks that several policies are one text, which the server
// accepts and which says the same policies for the same paths.
func TestConvertSeveral(t *testing.T) {
	for name, servers := range severalPolicies {
		im := imported("nginx", "nginx.conf", "http {\n"+servers+"}\n")
		for _, to := range []string{"nginx", "caddy"} {
			t.Run(name+" to "+to, func(t *testing.T) {
				files, _, err := im.Convert(stacks.Lookup(to), false)
				if err != nil || len(files) != 1 {
					t.Fatalf("%v, %d files", err, len(files))
				}
				text := files[0].Text
				if to == "nginx" {
					text = wholeNginx(text, testenv.FreeAddress(t))
				}
				back := imported(to, files[0].Path, text)
				if got, want := said(back), said(im); !reflect.DeepEqual(got, want) {
					t.Errorf("%q, want %q\n%s", got, want, text)
				}
				accepts(t, to, text)
			})
		}
	}
}

// wholeNginx returns the configuration with the parts of a text in their places.
func wholeNginx(text, listen string) string {
	parts := strings.Split(text, "\n# Part ")
	whole := "events {}\npid nginx.pid;\nhttp {\naccess_log off;\n# " + parts[1]
	for _, part := range parts[2:] {
		whole += "\nserver {\nlisten " + listen + ";\n# " + part + "}\n"
	}
	return whole + "}\n"
}

// said returns what policies say for which paths, in words.
func said(im *importer.Import) (lines []string) {
	for _, p := range im.Policies {
		for _, s := range p.Sites {
			path := s.Path
			if s.Exact {
				path = "= " + path
			}
			lines = append(lines, fmt.Sprintf("%s %q", path, p.Policy.AllowOrigins))
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

// accepts fails the test if a server does not accept a configuration.
func accepts(t *testing.T, stack, text string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "config")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var cmd *exec.Cmd
	switch stack {
	case "nginx":
		program := testenv.Program(t, "apt-get install nginx-light", "nginx", "/usr/sbin/nginx")
		cmd = exec.CommandContext(t.Context(), program, "-t", "-p", dir, "-e", filepath.Join(dir, "error.log"), "-c", file)
	case "caddy":
		program, err := exec.LookPath("caddy")
		if err != nil {
			t.Skip("caddy is not installed")
		}
		cmd = exec.CommandContext(t.Context(), program, "validate", "--adapter", "caddyfile", "--config", file)
	}
	cmd.Env = append(os.Environ(), "HOME="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s\n%s", stack, err, out, text)
	}
}

// TestConvertFolders checks that a stack that has a file for each policy has a
// folder for each.
func TestConvertFolders(t *testing.T) {
	im := imported("nginx", "nginx.conf", "http {\n"+severalPolicies["paths"]+"}\n")
	files, _, err := im.Convert(stacks.Lookup("express"), false)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Path)
	}
	if want := []string{"api/app.js", "pub/app.js", "x/app.js"}; !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
	dir := t.TempDir()
	if _, err := importer.Save(t.Context(), dir, files, false); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "pub", "app.js")); err != nil || string(text) != files[1].Text {
		t.Errorf("%v: %q", err, text)
	}
}
