package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// projectTexts are files with CORS settings, by stack. % stands for the text from
// outside.
var projectTexts = map[string][]string{
	"nginx": {
		"server { listen 80; location /% { add_header Access-Control-Allow-Origin \"%\"; proxy_pass http://a.example; } }",
		"server { location / { add_header Access-Control-Allow-Origin https://a.example; add_header Access-Control-Allow-Methods \"%, PUT\"; } } # %",
	},
	"express": {
		"const cors = require('cors');\nconst app = require('express')();\napp.use(cors({ origin: ['%', 'https://a.example/'], methods: `%`, allowedHeaders: [X.%] }));",
		"app.use((req, res) => { res.setHeader('Access-Control-Allow-Origin', '%'); }) // %",
	},
	"fastapi": {"from fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\napp = FastAPI()\napp.add_middleware(CORSMiddleware, allow_origins=['%', % ], allow_methods=\"%\")"},
	"go":      {"package main\n\nimport \"net/http\"\n\nfunc f(w http.ResponseWriter) {\n\tw.Header().Set(\"Access-Control-Allow-Origin\", \"%\") // %\n}\n"},
	"corsac":  {"policies:\n  '%': {allow_origins: ['%']}\n", "policies: {a: {allow_origins: [\"https://%\"], x%: 1}}", "%"},
}

// projectPlaces are the texts and names of files that import, lint and fix read.
func projectPlaces(t *testing.T) (list []place) {
	t.Helper()
	dir := t.TempDir()
	add := func(command []string, stack, text string) {
		list = append(list, place{strings.Join(command, " ") + " - --stack " + stack, func(raw string) call {
			return call{args: append(append([]string{}, command...), "-", "--stack", stack), stdin: strings.ReplaceAll(text, "%", raw)}
		}})
	}
	for stack, texts := range projectTexts {
		for i, text := range texts {
			for _, form := range []string{"text", "json", "sarif", "github", "markdown", "junit"} {
				add([]string{"lint", "--format", form}, stack, text)
			}
			if stack == "corsac" {
				continue
			}
			add([]string{"import"}, stack, text)
			add([]string{"import", "--json"}, stack, text)
			add([]string{"import", "--to", stack}, stack, text)
			for _, command := range [][]string{{"fix"}, {"fix", "--json"}, {"lint"}, {"import"}} {
				list = append(list, place{strings.Join(command, " ") + " DIR of " + stack, func(raw string) call {
					project, err := os.MkdirTemp(dir, "")
					if err != nil {
						t.Fatal(err)
					}
					name := strings.NewReplacer("/", "", "\x00", "").Replace(raw)
					for file, content := range map[string]string{
						"nginx.conf": projectTexts["nginx"][0], "app.js": projectTexts["express"][i%2], "main.py": projectTexts["fastapi"][0], "main.go": projectTexts["go"][0],
						"corsac.yaml": projectTexts["corsac"][i%2], name + ".js": projectTexts["express"][0], name + "/x.conf": projectTexts["nginx"][1],
					} {
						full := filepath.Join(project, file)
						_ = os.MkdirAll(filepath.Dir(full), 0o700)
						_ = os.WriteFile(full, []byte(strings.ReplaceAll(content, "%", raw)), 0o600) // not every name can be one
					}
					args := append(append([]string{}, command...), project)
					if command[0] == "fix" {
						args = append(args, "--allow-origin", testOrigin, "--stack", strings.Replace(stack, "corsac", "nginx", 1))
					}
					return call{args: args}
				}})
			}
		}
	}
	return list
}
