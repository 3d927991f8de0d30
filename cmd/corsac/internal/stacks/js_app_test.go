package stacks

import (
	"strings"
	"testing"
)

// TestExpressAppNames checks what corsac fix calls use on, by what the app is
// assigned to.
func TestExpressAppNames(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"const app = module.exports = express();\napp.get('/', h);", "\napp.use(cors("},
		{"var app = exports = module.exports = express();\napp.get('/', h);", "\napp.use(cors("},
		{"module.exports = express();\nmodule.exports.get('/', h);", "\nmodule.exports.use(cors("},
		{"exports = module.exports = express();\nmodule.exports.get('/', h);", "\nexports.use(cors("},
		{"exports.app = express();\nexports.app.get('/', h);", "\nexports.app.use(cors("},
		{"const app = exports.app = express();\nexports.app.get('/', h);", "\napp.use(cors("},
		{"server.web.app = express();\nserver.web.app.get('/', h);", "\nserver.web.app.use(cors("},
		{"apps[0] = express();\napps[0].get('/', h);", "apps[0] = express().use(cors("},
		{"get(config).app = express();\nget(config).app.get('/', h);", "get(config).app = express().use(cors("},
		{"global.app ??= express();\nglobal.app.get('/', h);", "global.app ??= express().use(cors("},
		{"class A { constructor() { this.web = {}; this.web.app = express(); this.web.app.get('/', h); } }", "this.web.app.use(cors("},
		{"class A { constructor() { const app = this.app = express(); this.app.get('/', h); } }", "app.use(cors("},
		{"let app;\napp = express();\napp.get('/', h);", "\napp.use(cors("},
		{"function make() { return express(); }", "return express().use(cors("},
	} {
		text := "const express = require('express');\n" + c.text + "\n"
		changed, notes := changeExpressProject(t, map[string]string{"app.js": text}, parseExpressWant(t, "allow_origins: https://app.example.com"))
		got := changed["app.js"]
		if !strings.Contains(got, c.want) || strings.Count(got, ".use(") != 1 {
			t.Errorf("%s\ngives\n%s\n%s\nwithout %q", text, got, notes, c.want)
		}
		if again, _ := changeExpressProject(t, changed, parseExpressWant(t, "allow_origins: https://app.example.com")); again["app.js"] != got {
			t.Errorf("a second change of %s\ngives\n%s", got, again["app.js"])
		}
	}
}
