package stacks

import (
	"strings"
	"testing"
)

// TestExpressPreflightsOnly checks that a call of cors that answers preflights only
// is not read as a policy.
func TestExpressPreflightsOnly(t *testing.T) {
	for text, only := range map[string]bool{
		"app.options('*', cors({ origin: 'https://a.example' }));\napp.get('/x', h);":                                         true,
		"app.options('/x', cors({ origin: 'https://a.example', methods: ['PUT'] }));\napp.put('/x', h);":                      true,
		"app.options('/x', cors());\napp.get('/y', cors(), h);":                                                               true,
		"const c = cors({ origin: 'https://a.example' });\napp.options('/x', c);\napp.put('/x', h);":                          true,
		"app.use(cors({ origin: 'https://a.example' }));\napp.options('*', cors({ origin: 'https://a.example' }));":           false,
		"app.options('/x', cors({ origin: 'https://a.example' }));\napp.put('/x', cors({ origin: 'https://a.example' }), h);": false,
		"app.options('*', cors());\napp.get('/x', cors(), h);":                                                                false,
	} {
		text = "const express = require('express'), cors = require('cors'), app = express();\n" + text + "\n"
		got := showExpress(readExpress(expressTree(map[string]string{"app.js": text})))
		first, _, _ := strings.Cut(got, "\n")
		if strings.Contains(got, "It answers preflights only") != only || only && !strings.Contains(text, "/y") && strings.Contains(got, "allow_origins") {
			t.Errorf("%s\n%s\n%s", text, first, got)
		}
	}
}

// TestCases checks that what is dangerous in one case is a finding, and that the
// origins are still said to be dynamic.
func TestCases(t *testing.T) {
	for origin, rule := range map[string]string{
		"isProd ? ['https://a.example'] : true":                       "any-origin-with-credentials",
		"isProd ? true : 'https://a.example'":                         "any-origin-with-credentials",
		"isProd ? 'https://a.example' : '*'":                          "wildcard-with-credentials",
		"isProd ? ['https://a.example/'] : ['http://localhost:3000']": "origin-slash",
		"isProd ? ['https://a.example'] : [/a.example/]":              "regexp-unanchored",
		"a ? ['https://a.example'] : b ? true : false":                "any-origin-with-credentials",
		"(a ? ['https://a.example'] : true)":                          "any-origin-with-credentials",
		"isProd ? ['https://a.example'] : ['http://localhost:3000']":  "",
		"isProd ? ['https://a.example'] : false":                      "",
		"isProd ? list() : undefined":                                 "",
	} {
		text := "const express = require('express'), cors = require('cors'), app = express();\napp.use(cors({ origin: " + origin + ", credentials: true }));\n"
		sites := readExpress(expressTree(map[string]string{"app.js": text}))
		checkOpen(t, strings.Replace(text, "true :", "x :", 1), withoutFaults(sites))
		if got := showExpress(sites); !strings.Contains(got, rule) || strings.Contains(got, "in one case") != (rule != "") {
			t.Errorf("%s\n%s", text, got)
		}
	}
	for origins, rule := range map[string]string{
		`origins if settings.prod else ["*"]`:                                "credentials-for-everyone",
		`["*"] if settings.debug else origins`:                               "credentials-for-everyone",
		`["https://a.example/"] if settings.prod else ["https://b.example"]`: "origin-slash",
		`["https://a.example"] if not settings.debug else ["*"]`:             "credentials-for-everyone",
		`["https://a.example"] if a else ["https://b.example"] `:             "",
	} {
		text := "from fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\napp = FastAPI()\norigins = [\"https://c.example\"]\napp.add_middleware(CORSMiddleware, allow_origins=" + origins + ", allow_credentials=True)\n"
		sites := fastapiRead(fastapiTree(map[string]string{"main.py": text}))
		checkOpen(t, text, withoutFaults(sites))
		if got := showExpress(sites); rule != "" && !strings.Contains(got, "in one case") || strings.Contains(got, "in one case") != (rule != "") {
			t.Errorf("%s\n%s", text, got)
		}
	}
}

func withoutFaults(sites []*Site) (list []*Site) {
	for _, s := range sites {
		other := *s
		other.Faults = nil
		list = append(list, &other)
	}
	return list
}

// TestCaddyRefuses checks that a header which strangers get with a refusal does not
// mean that they are allowed.
func TestCaddyRefuses(t *testing.T) {
	for _, text := range []string{
		"a.example.com {\n\t@bad not header Origin https://a.example\n\thandle @bad {\n\t\trespond 403\n\t}\n\theader Access-Control-Allow-Origin {http.request.header.Origin}\n\treverse_proxy localhost:1\n}\n",
		"a.example.com {\n\t@bad not header Origin https://a.example\n\trespond @bad 403\n\theader Access-Control-Allow-Origin {http.request.header.Origin}\n\treverse_proxy localhost:1\n}\n",
		"a.example.com {\n\t@bad {\n\t\tnot header Origin https://a.example\n\t}\n\trespond @bad \"no\" 401\n\theader Access-Control-Allow-Origin {header.Origin}\n\treverse_proxy localhost:1\n}\n",
	} {
		tree := codeTree(map[string]string{"Caddyfile": text}, "Caddyfile")
		got := showExpress(readCaddy(tree))
		if strings.Contains(got, "allow_origins: *") || !strings.Contains(got, "allow_origins: https://a.example at") {
			t.Errorf("%s\n%s", text, got)
		}
	}
}
