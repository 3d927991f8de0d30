package stacks

import (
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// proxyFault is a rule, lines with § before the place of the fault, and what is in
// the file after its edits; "" if there are none.
type proxyFault struct{ rule, lines, fixed string }

const (
	acao  = "Access-Control-Allow-Origin"
	hdrs  = "Access-Control-Allow-Headers"
	creds = "Access-Control-Allow-Credentials"
)

var caddyFaults = []proxyFault{
	{"reflects-any-origin", "header " + acao + " §{header.Origin}\nheader " + creds + " true", ""},
	{"reflects-origin", "header " + acao + " §{http.request.header.Origin}", ""},
	{"wildcard-with-credentials", "header {\n" + acao + " §*\n" + creds + " true\n}", ""},
	{"wildcard-names-with-credentials", "header " + acao + " https://a.example\nheader " + creds + " true\nheader " + hdrs + " §*", ""},
	{"unanchored-origin", "@a header_regexp Origin §`https://app\\.example\\.com`\nheader @a " + acao + " {header.Origin}", "Origin `^https://app\\.example\\.com$`\n"},
	{"unanchored-origin", "@a {\nheader_regexp o Origin §https://(app|www)\\.example\\.com\n}\nheader @a " + acao + " {re.o.0}", "Origin ^https://(app|www)\\.example\\.com$\n"},
	{"no-start-anchor", "@a header_regexp Origin §`https://app\\.example\\.com$`\nheader @a " + acao + " {header.Origin}", "Origin `^https://app\\.example\\.com$`\n"},
	{"expression-too-wide", "@a header_regexp Origin §^https://.*example\\.com$\nheader @a " + acao + " {header.Origin}", ""},
	{"dot-not-escaped", "@a header_regexp Origin §^https://app.example.com$\nheader @a " + acao + " {header.Origin}", "Origin ^https://app\\.example\\.com$\n"},
	{"case-insensitive-origin", "@a header_regexp Origin §(?i)^https://app\\.example\\.com$\nheader @a " + acao + " {header.Origin}", ""},
	{"part-of-origin", "@a header Origin §*example.com\nheader @a " + acao + " {header.Origin}", ""},
	{"part-of-origin", "@a header Origin §http://localhost*\nheader @a " + acao + " {header.Origin}", ""},
	{"null-origin", "header " + acao + " §null", ""},
	{"null-origin", "@a header Origin §null\nheader @a " + acao + " {header.Origin}", ""},
	{"several-origins", "header " + acao + " §\"https://a.example, https://b.example\"", ""},
	{"header-twice", "header +" + acao + " https://a.example\n§header +" + acao + " https://b.example", ""},
	{"empty-header", "map {header.Origin} {o} {\nhttps://a.example https://a.example\ndefault \"\"\n}\nheader " + acao + " §{o}", ""},
	{"trailing-slash", "header " + acao + " §https://a.example/", "header " + acao + " https://a.example\n"},
	{"wildcard-in-origin", "header " + acao + " §https://*.example.com", ""},
	{"invalid-origin", "header " + acao + " §localhost:3000", ""},
	{"own-origin", "header " + acao + " §{scheme}://{host}", ""},
	{"credentials-not-true", "header " + acao + " https://a.example\nheader " + creds + " §True", ""},
	{"invalid-max-age", "header " + acao + " https://a.example\nheader Access-Control-Max-Age §1h", ""},
	{"lost-on-errors", "header {\n\t§" + acao + " *\n\tdefer\n}", "header {\n\t" + acao + " *\n}"},
	{"lost-on-errors", "§header >" + acao + " *", "header " + acao + " *\n"},
	{"lost-on-errors", "header {\n§" + acao + " *\n-Server\n}", ""},
	{"missing-vary", "@a header Origin https://a.example\n§header @a " + acao + " {header.Origin}", "header +Vary Origin\nheader @a "},
	{"conditional-vary", "@a header Origin https://a.example\n§header @a " + acao + " {header.Origin}\nheader @a +Vary Origin", ""},
	{"no-preflight-answer", "§header " + acao + " *\nheader " + hdrs + " X-A", ""},
	{"preflight-behind-auth", "header " + acao + " *\nheader " + hdrs + " X-A\n§basic_auth {\nu p\n}", ""},
	{"preflight-refused", "header " + acao + " *\nheader " + hdrs + " X-A\n@o method OPTIONS\n§respond @o 405", ""},
	{"only-on-preflight", "@o method OPTIONS\n§header @o " + acao + " *", ""},
	{"preflight-without-headers", "@g not method OPTIONS\n@o method OPTIONS\nheader @g {\n" + acao + " *\n" + hdrs + " X-A\n}\n§respond @o 204", ""},
	{"upstream-headers-doubled", "header " + acao + " *\n§reverse_proxy app:1", "reverse_proxy app:1 {\n\theader_down -" + acao + "\n}"},
	{"upstream-headers-doubled", "header " + acao + " *\n§reverse_proxy app:1 {\n\tlb_policy first\n}", "reverse_proxy app:1 {\n\theader_down -" + acao + "\n\tlb_policy"},
	{"upstream-headers-kept", "@a header Origin https://a.example\nheader @a >" + acao + " {header.Origin}\n§reverse_proxy app:1", ""},
	{"every-options-answered", "header " + acao + " *\nheader " + hdrs + " X-A\n@o method OPTIONS\n§respond @o 204", ""},
	{"no-max-age", "§header " + acao + " *\nheader " + hdrs + " X-A\n@o method OPTIONS\nrespond @o 204", ""},
	{"respond-too-late", "header " + acao + " *\n@o method OPTIONS\n§respond @o 204\nhandle {\nreverse_proxy app:1\n}", ""},
	{"wildcard-is-literal", "@a header Origin §https://*.example.com\nheader @a " + acao + " {header.Origin}", ""},
	{"cors-plugin", "§cors * {\nallowed_origins *\n}", ""},
}

var apacheFaults = []proxyFault{
	{"reflects-any-origin", "Header always set " + acao + " §\"expr=%{req:Origin}\"\nHeader always set " + creds + " true", ""},
	{"reflects-any-origin", "SetEnvIf Origin (.*) O=$1\nHeader set " + acao + " §%{O}e env=O\nHeader set " + creds + " true", ""},
	{"reflects-origin", "RewriteEngine on\nRewriteCond %{HTTP:Origin} (.+)\nRewriteRule . - [E=O:%1]\nHeader always set " + acao + " §%{O}e env=O", ""},
	{"wildcard-with-credentials", "Header always set " + acao + " §\"*\"\nHeader always set " + creds + " true", ""},
	{"wildcard-names-with-credentials", "Header always set " + acao + " https://a.example\nHeader always set " + creds + " true\nHeader always set " + hdrs + " §*", ""},
	{"unanchored-origin", "SetEnvIf Origin §\"https://app\\.example\\.com\" O=$0\nHeader always set " + acao + " %{O}e env=O", "Origin \"^https://app\\.example\\.com$\" O"},
	{"no-start-anchor", "SetEnvIf Origin §\"https://(www\\.)?example\\.com$\" O=$0\nHeader always set " + acao + " %{O}e env=O", "Origin \"^https://(www\\.)?example\\.com$\" O"},
	{"replaced", "§Header set " + acao + " https://a.example\nHeader set " + acao + " https://b.example", ""},
	{"unanchored-origin", "<If \"%{HTTP:Origin} =~ m#§https://app\\.example\\.com#\">\nHeader always set " + acao + " expr=%{req:Origin}\n</If>", "m#^https://app\\.example\\.com$#"},
	{"expression-too-wide", "SetEnvIf Origin §^https://.*example\\.com$ O=$0\nHeader always set " + acao + " %{O}e env=O", ""},
	{"dot-not-escaped", "SetEnvIf Origin §^https://app.example.com$ O=$0\nHeader always set " + acao + " %{O}e env=O", "^https://app\\.example\\.com$ O"},
	{"case-insensitive-origin", "SetEnvIfNoCase Origin §^https://app\\.example\\.com$ O=$0\nHeader always set " + acao + " %{O}e env=O", ""},
	{"null-origin", "Header always set " + acao + " §null", ""},
	{"several-origins", "Header always set " + acao + " §\"https://a.example https://b.example\"", ""},
	{"header-twice", "Header add " + acao + " https://a.example\n§Header add " + acao + " https://b.example", ""},
	{"empty-header", "Header always set " + acao + " §\"\"", ""},
	{"trailing-slash", "Header always set " + acao + " §'https://a.example/'", acao + " 'https://a.example'\n"},
	{"wildcard-in-origin", "Header always set " + acao + " §https://*.example.com", ""},
	{"invalid-origin", "Header always set " + acao + " §app.example.com", ""},
	{"own-origin", "Header always set " + acao + " §\"expr=https://%{HTTP_HOST}\"", ""},
	{"credentials-not-true", "Header always set " + acao + " *\nHeader always set " + creds + " §1", ""},
	{"invalid-max-age", "Header always set " + acao + " *\nHeader always set Access-Control-Max-Age §never", ""},
	{"lost-on-errors", "  §Header set " + acao + " *", "  Header onsuccess unset " + acao + "\n  Header always set " + acao + " *\n"},
	{"lost-on-errors", "§Header onsuccess add " + acao + " *", "Header always add " + acao + " *\n"},
	{"missing-vary", "SetEnvIf Origin ^https://a\\.example$ O=$0\n\t§Header always set " + acao + " %{O}e env=O", "\tHeader always merge Vary Origin\n\tHeader always set"},
	{"conditional-vary", "SetEnvIf Origin ^https://a\\.example$ O=$0\n§Header always set " + acao + " %{O}e env=O\nHeader always merge Vary Origin env=O", ""},
	{"no-preflight-answer", "§Header always set " + acao + " *\nHeader always set " + hdrs + " X-A", ""},
	{"preflight-behind-auth", "<Location />\nHeader always set " + acao + " *\nHeader always set " + hdrs + " X-A\n§Require valid-user\n</Location>", ""},
	{"preflight-refused", "Header always set " + acao + " *\nHeader always set " + hdrs + " X-A\nRewriteEngine on\nRewriteCond %{REQUEST_METHOD} ^OPTIONS$\n§RewriteRule .* - [F]", ""},
	{"only-on-preflight", "SetEnvIf Request_Method OPTIONS P\n§Header always set " + acao + " * env=P", ""},
	{"preflight-without-headers", "Header set " + acao + " *\nHeader set " + hdrs + " X-A\nRewriteEngine on\nRewriteCond %{REQUEST_METHOD} =OPTIONS\n§RewriteRule ^(.*)$ $1 [R=200,L]", ""},
	{"upstream-headers-doubled", "§Header always set " + acao + " *", "Header onsuccess unset " + acao + "\nHeader always set"},
	{"upstream-headers-kept", "SetEnvIf Origin ^https://a\\.example$ O=$0\n§Header set " + acao + " %{O}e env=O", ""},
	{"every-options-answered", "Header always set " + acao + " *\nHeader always set " + hdrs + " X-A\nRewriteEngine on\nRewriteCond %{REQUEST_METHOD} OPTIONS\n§RewriteRule .* - [R=204,L]", ""},
	{"no-max-age", "§Header always set " + acao + " *\nHeader always set " + hdrs + " X-A\nRewriteEngine on\nRewriteCond %{REQUEST_METHOD} OPTIONS\nRewriteRule .* - [R=204,L]", ""},
	{"unset-variable", "Header always set " + acao + " §%{HTTP_ORIGIN}e", ""},
	{"rewrite-after-auth", "<Directory /srv>\nRequire valid-user\nHeader always set " + acao + " *\nHeader always set " + hdrs + " X-A\nRewriteEngine on\nRewriteCond %{REQUEST_METHOD} =OPTIONS\n§RewriteRule ^ - [R=204,L]\n</Directory>", ""},
	{"variable-renamed", "<Directory /srv>\nRewriteEngine on\nRewriteCond %{HTTP:Origin} ^https://a\\.example$\n§RewriteRule ^ index.php [E=O:%0]\nHeader always set " + acao + " %{O}e env=O\n</Directory>", ""},
}

var haproxyFaults = []proxyFault{
	{"reflects-any-origin", "http-request set-var(txn.o) req.fhdr(origin)\nhttp-after-response set-header " + acao + " §%[var(txn.o)]\nhttp-after-response set-header " + creds + " true", ""},
	{"reflects-origin", "http-request set-var(txn.o) req.fhdr(origin)\nhttp-after-response set-header " + acao + " §%[var(txn.o)] if { var(txn.o) -m found }", ""},
	{"wildcard-with-credentials", "http-after-response set-header " + acao + " §*\nhttp-after-response set-header " + creds + " true", ""},
	{"wildcard-names-with-credentials", "http-after-response set-header " + acao + " https://a.example\nhttp-after-response set-header " + creds + " true\nhttp-after-response set-header " + hdrs + " §*", ""},
	{"unanchored-origin", haproxyAllow(`-m reg §https://app\.example\.com`), "reg ^https://app\\.example\\.com$\n"},
	{"unanchored-origin", haproxyAllow(`-m reg §"https://app\\.example\\.com"`), ""}, // a $ begins a variable there
	{"no-start-anchor", haproxyAllow("-m reg §'https://app\\.example\\.com$'"), "-m reg '^https://app\\.example\\.com$'\n"},
	{"unanchored-origin", haproxyAllow("-m reg §'https://app\\.example\\.com'"), "-m reg '^https://app\\.example\\.com$'\n"},
	{"expression-too-wide", haproxyAllow("-m reg §'^https://.*example\\.com$'"), ""},
	{"dot-not-escaped", haproxyAllow("-m reg §\"^https://app.example.com\\$\""), ""},
	{"dot-not-escaped", haproxyAllow("-m reg §'^https://app.example.com$'"), "'^https://app\\.example\\.com$'\n"},
	{"case-insensitive-origin", haproxyAllow("-i §https://a.example"), ""},
	{"part-of-origin", haproxyAllow("-m sub §example.com"), ""},
	{"part-of-origin", strings.Replace(haproxyAllow("§example.com"), "req.fhdr(origin)", "hdr_end(origin)", 1), ""},
	{"null-origin", haproxyAllow("-m str §null"), ""},
	{"several-origins", "http-after-response set-header " + acao + " §\"https://a.example https://b.example\"", ""},
	{"header-twice", "http-after-response add-header " + acao + " https://a.example\n§http-after-response add-header " + acao + " https://b.example", ""},
	{"empty-header", "http-request set-var(txn.o) req.fhdr(origin) if { req.fhdr(origin) https://a.example }\nhttp-after-response set-header " + acao + " §%[var(txn.o)]", ""},
	{"trailing-slash", "http-after-response set-header " + acao + " §https://a.example/", acao + " https://a.example\n"},
	{"wildcard-in-origin", "http-after-response set-header " + acao + " §https://*.example.com", ""},
	{"invalid-origin", "http-after-response set-header " + acao + " §app.example.com", ""},
	{"own-origin", "http-after-response set-header " + acao + " §https://%[req.hdr(host),lower,url_dec]", ""},
	{"credentials-not-true", "http-after-response set-header " + acao + " *\nhttp-after-response set-header " + creds + " §yes", ""},
	{"invalid-max-age", "http-after-response set-header " + acao + " *\nhttp-after-response set-header Access-Control-Max-Age §1d", ""},
	{"lost-on-errors", "§http-response set-header " + acao + " *", "http-after-response set-header " + acao + " *\n"},
	{"missing-vary", strings.Replace(haproxyAllow("https://a.example"), "http-after", "§http-after", 1), "http-after-response add-header Vary Origin\nhttp-after-response set-header"},
	{"conditional-vary", strings.Replace(haproxyAllow("https://a.example"), "http-after", "§http-after", 1) + "\nhttp-after-response add-header Vary Origin if { var(txn.o) -m found }", ""},
	{"no-preflight-answer", "§http-after-response set-header " + acao + " *\nhttp-after-response set-header " + hdrs + " X-A", ""},
	{"preflight-behind-auth", "§http-request auth unless { http_auth(users) }\nhttp-after-response set-header " + acao + " *\nhttp-after-response set-header " + hdrs + " X-A", ""},
	{"preflight-refused", "§http-request deny if METH_OPTIONS\nhttp-after-response set-header " + acao + " *\nhttp-after-response set-header " + hdrs + " X-A", ""},
	{"only-on-preflight", "http-request set-var(txn.p) str(1) if METH_OPTIONS\n§http-after-response set-header " + acao + " * if { var(txn.p) -m found }", ""},
	{"preflight-without-headers", "§http-request return status 204 if METH_OPTIONS\nhttp-response set-header " + acao + " *\nhttp-response set-header " + hdrs + " X-A", ""},
	{"upstream-headers-doubled", "§http-after-response add-header " + acao + " *\nhttp-after-response add-header " + hdrs + " X-A", "http-after-response set-header " + acao + " *\nhttp-after-response set-header " + hdrs},
	{"upstream-headers-kept", strings.Replace(haproxyAllow("https://a.example"), "http-after", "§http-after", 1), ""},
	{"every-options-answered", "§http-request return status 204 if METH_OPTIONS\nhttp-after-response set-header " + acao + " *\nhttp-after-response set-header " + hdrs + " X-A", ""},
	{"no-max-age", "http-request return status 204 if METH_OPTIONS\n§http-after-response set-header " + acao + " *\nhttp-after-response set-header " + hdrs + " X-A", ""},
	{"request-headers-in-response", "http-after-response set-header " + acao + " * if { §req.hdr(origin) -m found }", ""},
	{"request-headers-in-response", "acl o §hdr(origin) -m found\nhttp-response set-header " + acao + " * if o", ""},
	{"origin-cut", "capture request header Origin §len 32\nhttp-response set-header " + acao + " %[capture.req.hdr(0)]", "header Origin len 256\n"},
	{"splits-at-commas", "http-request set-var(txn.o) §req.hdr(origin) if { req.fhdr(origin) https://a.example }\nhttp-after-response set-header " + acao + " %[var(txn.o)] if { var(txn.o) -m found }", "set-var(txn.o) req.fhdr(origin) if"},
	{"removed-keyword", "§rspadd " + acao + ":\\ *", ""},
}

// haproxyAllow returns lines that allow the origins that a test is about.
func haproxyAllow(test string) string {
	return "acl ok req.fhdr(origin) " + test + "\nhttp-request set-var(txn.o) req.fhdr(origin) if ok\nhttp-after-response set-header " + acao + " %[var(txn.o)] if { var(txn.o) -m found }"
}

// TestHAProxyAnswersAll has a backend that answers every request itself: its line is
// not one about OPTIONS.
func TestHAProxyAnswersAll(t *testing.T) {
	text := "backend well-known\nhttp-after-response set-header " + acao + " *\nhttp-after-response set-header " + hdrs + " X-A\nhttp-request return status 200 content-type text/plain string x\n"
	sites, _ := proxyText("haproxy", map[string]string{"haproxy.cfg": text})
	if len(sites) != 1 {
		t.Fatalf("%d sites", len(sites))
	}
	for _, f := range sites[0].Faults {
		if f.Rule == haproxyRules.options {
			t.Error(f.Rule.Title)
		}
	}
}

// TestProxyRules finds each fault at its place, and what its edits do.
func TestProxyRules(t *testing.T) {
	for _, c := range []struct {
		stack, file, begin, end string
		faults                  []proxyFault
	}{
		{"caddy", "Caddyfile", "example.com {\n", "\n}\n", caddyFaults},
		{"apache", "httpd.conf", "<VirtualHost *:80>\n", "\nProxyPass / http://app/\n</VirtualHost>\n", apacheFaults},
		{"haproxy", "haproxy.cfg", "frontend web\nbind :80\n", "\ndefault_backend app\nbackend app\nserver a 127.0.0.1:1\n", haproxyFaults},
	} {
		covered := map[string]bool{}
		for _, f := range c.faults {
			covered[f.rule] = true
			end := c.end
			if c.stack == "caddy" && !strings.Contains(f.lines, "reverse_proxy") {
				end = "\nreverse_proxy app:1" + end
			}
			before, after, _ := strings.Cut(c.begin+f.lines+end, "§")
			f.try(t, c.stack, c.file, before+after, len(before))
		}
		for _, r := range Lookup(c.stack).Source.Rules {
			if !covered[strings.TrimPrefix(r.ID, c.stack+"/")] {
				t.Errorf("%s: has no test", r.ID)
			}
			if r.Title == "" || r.Why == "" || r.Fix == "" {
				t.Errorf("%s: lacks a text", r.ID)
			}
		}
	}
}

// try finds the fault in a file.
func (f *proxyFault) try(t *testing.T, stack, file, text string, offset int) {
	t.Helper()
	sites, _ := proxyText(stack, map[string]string{file: text})
	var found *Fault
	for _, s := range sites {
		for i := range s.Faults {
			if s.Faults[i].Rule.ID == stack+"/"+f.rule && s.Faults[i].Start == offset {
				found = &s.Faults[i]
			}
		}
	}
	switch {
	case found == nil:
		t.Errorf("%s/%s is not found in\n%s\n%s", stack, f.rule, text, faultsText(sites))
	case f.fixed == "" && len(found.Edits) > 0:
		t.Errorf("%s/%s has edits: %+v", stack, f.rule, found.Edits)
	case f.fixed != "":
		fixed, err := source.Apply(text, found.Edits)
		if err != nil || !strings.Contains(fixed, f.fixed) {
			t.Errorf("%s/%s: %v:\n%s", stack, f.rule, err, fixed)
		}
		again, _ := proxyText(stack, map[string]string{file: fixed})
		if strings.Contains(faultsText(again), " "+stack+"/"+f.rule+" ") {
			t.Errorf("%s/%s is still found in\n%s", stack, f.rule, fixed)
		}
	}
}
