package stacks

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// TestProxyBounds reads files of the largest size that are made to take long.
func TestProxyBounds(t *testing.T) {
	testenv.OneGoroutine(t)
	many := func(format string) string {
		var b strings.Builder
		for i := 0; b.Len() < 1<<20-70_000; i++ {
			b.WriteString(strings.ReplaceAll(format, "N", fmt.Sprint(i)))
		}
		return b.String()
	}
	for _, c := range []struct{ stack, file, text string }{
		{"caddy", "Caddyfile", "a {\n" + many("@mN header Origin https://N.example\nheader @mN "+acao+" {header.Origin}\n") + "}"},
		{"caddy", "Caddyfile", "a {\n" + many("handle /N {\nheader "+acao+" https://N.example\n}\n") + "}"},
		{"caddy", "Caddyfile", many("N.example {\nheader " + acao + " {header.Origin}\n}\n")},
		{"caddy", "Caddyfile", "(s) {\nimport s\nimport s\nheader " + acao + " *\n}\na {\nimport s\n}"},
		{"caddy", "Caddyfile", "a {\nheader {\n" + many("+"+acao+" N\n") + "}\n}"},
		{"caddy", "Caddyfile", "a {\nheader " + acao + " *\n" + many("<<A\nA\n")},
		{"apache", "httpd.conf", many("SetEnvIf Origin ^https://N\\.example$ O=$0\nHeader set " + acao + " %{O}e env=O\n")},
		{"apache", "httpd.conf", many("<Location /N>\nHeader set " + acao + " N\n</Location>\n")},
		{"apache", "httpd.conf", "Header set " + acao + " *\n<If \"" + strings.Repeat("!(", 1<<18) + "\">\n</If>"},
		{"apache", "httpd.conf", "Header add " + acao + " *\nRewriteEngine on\n" + many("RewriteCond %{HTTP:Origin} N\nRewriteRule . - [E=O:%0%0]\n")},
		{"haproxy", "haproxy.cfg", "frontend a\n" + many("acl o req.hdr(origin) https://N.example\nhttp-response set-header "+acao+" %[var(txn.o)] if o\n")},
		{"haproxy", "haproxy.cfg", many("backend N\nhttp-response set-header " + acao + " N\n")},
		{"haproxy", "haproxy.cfg", "frontend a\nhttp-response set-header " + acao + " \"" + strings.Repeat("%[var(txn.o)]", 1<<12) + "\"\n" + many("http-request set-var-fmt(txn.o) %[var(txn.o)]%[var(txn.o)]\n")},
	} {
		start := time.Now()
		sites, _ := proxyText(c.stack, map[string]string{c.file: c.text})
		if took := time.Since(start); took > 30*time.Second || len(sites) == 0 {
			t.Errorf("%s: %.60q… took %v, %d sites", c.stack, c.text, took, len(sites))
		} else {
			t.Logf("%s: %.60q…: %d sites, %v", c.stack, c.text, len(sites), took)
		}
	}
}
