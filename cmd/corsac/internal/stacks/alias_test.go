package stacks

import (
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// TestChangedElsewhere checks that a value that something changes, directly, within
// it or under another name, is not read as if it were still what it was at first.
// What nothing changes is.
func TestChangedElsewhere(t *testing.T) {
	const (
		jsHead = "const cors = require('cors'), app = require('express')();\n"
		goHead = "package main\nimport \"github.com/rs/cors\"\nfunc main() {\n"
	)
	for _, c := range []struct {
		file, text string
		read       bool
	}{
		{"app.js", jsHead + "const o = {origin: 'https://a.example'}; console.log(o);\napp.use(cors(o));\n", true},
		{"app.js", jsHead + "const o = {origin: 'https://a.example'}; const p = o;\napp.use(cors(p));\n", true},
		{"app.js", jsHead + "const o = {origin: 'https://a.example'}; Object.assign({}, o);\napp.use(cors(o));\n", true},
		{"app.js", jsHead + "const o = {origin: 'https://a.example'}; Object.assign(o, {origin: true});\napp.use(cors(o));\n", false},
		{"app.js", jsHead + "const o = {origin: 'https://a.example'}; const p = o; p.origin = '*';\napp.use(cors(o));\n", false},
		{"app.js", jsHead + "const o = {origin: 'https://a.example'}; const p = o, q = p; delete q.origin;\napp.use(cors(o));\n", false},
		{"app.js", jsHead + "const o = {origin: ['https://a.example']}; o.origin.push('*');\napp.use(cors(o));\n", false},
		{"app.js", jsHead + "const l = ['https://a.example']; const m = l; m.push('*');\napp.use(cors({origin: l}));\n", false},
		{"app.js", jsHead + "const o = {origin: ['https://a.example']}; const m = o.origin; m?.push('*');\napp.use(cors(o));\n", false},
		{"main.py", fastapiHead + "o = [\"https://a.example\"]\np = o\nprint(p)\napp.add_middleware(CORSMiddleware, allow_origins=o)\n", true},
		{"main.py", fastapiHead + "o = [\"https://a.example\"]\np = o\np.append(\"*\")\napp.add_middleware(CORSMiddleware, allow_origins=o)\n", false},
		{"main.py", fastapiHead + "o = [\"https://a.example\"]\np = o\nq = p\nq[0] = \"*\"\napp.add_middleware(CORSMiddleware, allow_origins=o)\n", false},
		{"main.py", fastapiHead + "o = {\"allow_origins\": [\"https://a.example\"]}\no[\"allow_origins\"].append(\"*\")\napp.add_middleware(CORSMiddleware, **o)\n", false},
		{"main.go", goHead + "o := []string{\"https://a.example\"}\n_ = cors.New(cors.Options{AllowedOrigins: o})\n}\n", true},
		{"main.go", goHead + "o := []string{\"https://a.example\"}\no[0] = \"*\"\n_ = cors.New(cors.Options{AllowedOrigins: o})\n}\n", false},
		{"main.go", goHead + "o := []string{\"https://a.example\"}\np := &o\n*p = nil\n_ = cors.New(cors.Options{AllowedOrigins: o})\n}\n", false},
		{"main.go", goHead + "o := cors.Options{AllowedOrigins: []string{\"https://a.example\"}}\np := &o\np.AllowedOrigins = nil\n_ = cors.New(o)\n}\n", false},
		{"main.go", goHead + "o := cors.Options{AllowedOrigins: []string{\"https://a.example\"}}\no.AllowedOrigins[0] = \"*\"\n_ = cors.New(o)\n}\n", false},
	} {
		tree := source.Memory(&source.File{Name: c.file, Text: c.text})
		name := map[string]string{"app.js": "express", "main.py": "fastapi", "main.go": "rs-cors"}[c.file]
		read := false
		for _, s := range Lookup(name).Source.Read(tree) {
			for _, e := range s.Draft.Entries {
				read = read || e.Field == "allow_origins" && e.Value == "https://a.example"
			}
		}
		if read != c.read {
			t.Errorf("read %v, want %v:\n%s", read, c.read, c.text)
		}
	}
}
