package fix_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/fix"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
)

// TestDiffNumbers checks the numbers of lines in diffs with several changes.
func TestDiffNumbers(t *testing.T) {
	var list []string
	for i := range 40 {
		list = append(list, fmt.Sprintf("%d\r\n", i+1))
	}
	before := strings.Join(list, "")
	after := strings.NewReplacer("\n4\r", "\nnew\r\n4\r", "\n7\r", "\nnew\r\nnew\r\n7\r", "\n21\r\n", "\n", "\n36\r", "\nnew\r\n36\r").Replace(before)
	p := fix.Patch{Name: "a", Before: before, After: after}
	got := regexp.MustCompile(`(?m)^@@.*$`).FindAllString(p.Diff(), -1)
	if want := []string{"@@ -1,9 +1,12 @@", "@@ -18,7 +21,6 @@", "@@ -33,6 +35,7 @@"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	p = fix.Patch{Name: "a", After: "1\n2\n", New: true}
	if !strings.Contains(p.Diff(), "\n@@ -0,0 +1,2 @@\n") {
		t.Errorf("%q", p.Diff())
	}
	p = fix.Patch{Name: "a", Before: "1\n"}
	if !strings.Contains(p.Diff(), "\n@@ -1 +0,0 @@\n") {
		t.Errorf("%q", p.Diff())
	}
}

// TestProxyOrApplication checks which server of a project is changed.
func TestProxyOrApplication(t *testing.T) {
	express := "const express = require('express')\nconst app = express()\napp.get('/', (req, res) => res.send('x'))\napp.listen(3000)\n"
	nginx := "events {}\nhttp {\n  server {\n    listen 80;\n    location / {\n      proxy_pass http://127.0.0.1:3000;\n    }\n  }\n}\n"
	files := map[string]string{"app.js": express, "package.json": `{"dependencies":{"express":"^4.0.0"}}`, "nginx.conf": nginx}
	sets := strings.Replace(nginx, "proxy_pass", "add_header Access-Control-Allow-Origin https://old.example always;\n      proxy_pass", 1)
	for _, c := range []struct{ nginx, origin, stack, why string }{
		{nginx, "http://localhost:5173", "express", "pages on this machine mostly call it directly"},
		{nginx, "http://[::1]:5173", "express", "pages on this machine mostly call it directly"},
		{nginx, "https://app.example.com", "nginx", "it stands before the others"},
		{sets, "http://localhost:5173", "nginx", "it sets CORS headers already"},
	} {
		files["nginx.conf"] = c.nginx
		_, tree := project(t, files)
		p, err := fix.Look(tree, nil)
		if err != nil {
			t.Fatal(err)
		}
		w := &stacks.Want{Set: map[string][]string{"allow_origins": {c.origin}}}
		proposal, err := p.Propose(w)
		if err != nil {
			t.Fatal(err)
		}
		r := p.Report(proposal, w, nil)
		if r.Stack != c.stack || !strings.HasPrefix(r.Why, c.why) || !strings.Contains(strings.Join(r.Notes, "\n"), "chooses another") {
			t.Errorf("%s: %s, because %s: %q", c.origin, r.Stack, r.Why, r.Notes)
		}
	}
}
