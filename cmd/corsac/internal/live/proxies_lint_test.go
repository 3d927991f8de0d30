package live_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// linted is a mistake that lint finds in the configuration of a proxy.
type linted struct {
	rule  string
	lines string
	// fixed are the lines without the mistake; "" for the edits of lint.
	fixed string
	// path and args are more of the request; origin is the page's.
	path, origin string
	args         []string
	app          http.HandlerFunc
	down         bool
	// allows says that the mistake is that the request is allowed. cause is what
	// check names, if that is not the cause of the rule.
	allows bool
	cause  string
}

// start starts the proxy with lines.
func (l *linted) start(t *testing.T, stack string, files map[string]string) (url string, stop func()) {
	t.Helper()
	s := server{files: maps.Clone(files), command: []string{"/bin/sh", "{dir}/run.sh"}, app: http.HandlerFunc(items)}
	if l.app != nil {
		s.app = l.app
	}
	for name, text := range s.files {
		s.files[name] = strings.ReplaceAll(text, "UPSTREAM", map[bool]string{true: "127.0.0.1:1", false: "{app}"}[l.down])
	}
	program := stacks.Lookup(stack).Server.Programs[0]
	testenv.Program(t, stacks.Lookup(stack).Server.Install, program, "/usr/sbin/"+program)
	return s.start(t)
}

// files returns the folder of a proxy with lines.
func (l *linted) files(stack, lines string) map[string]string {
	return stacks.Lookup(stack).Server.Folder(stacks.Snippet{Code: lines}.Code, stacks.Addresses{Host: "127.0.0.1", Port: "{port}", Upstream: "UPSTREAM"})
}

// edited returns the files with the edits of the rule.
func (l *linted) edited(t *testing.T, stack string, files map[string]string) map[string]string {
	t.Helper()
	tree := source.NewTree("", mapped(files), slices.Sorted(maps.Keys(files)))
	after := maps.Clone(files)
	found := false
	for _, site := range stacks.Lookup(stack).Source.Read(tree) {
		var edits []source.Edit
		for _, f := range site.Faults {
			if f.Rule.ID != stack+"/"+l.rule {
				continue
			}
			found = true
			if all := append(slices.Clone(edits), f.Edits...); valid(site.File.Text, all) {
				edits = all
			}
		}
		text, err := source.Apply(site.File.Text, edits)
		if err != nil {
			t.Fatal(err)
		}
		if len(edits) > 0 {
			after[site.File.Name] = text
		}
	}
	if !found {
		t.Errorf("lint does not find %s/%s", stack, l.rule)
	}
	return after
}

func valid(text string, edits []source.Edit) bool {
	_, err := source.Apply(text, edits)
	return err == nil
}

// try checks the proxy with the mistake and without.
func (l *linted) try(t *testing.T, stack string) {
	t.Parallel()
	files := l.files(stack, l.lines)
	after := l.edited(t, stack, files)
	if l.fixed != "" {
		after = l.files(stack, l.fixed)
	}
	cause := l.cause
	for _, r := range stacks.Lookup(stack).Source.Rules {
		if cause == "" && r.ID == stack+"/"+l.rule {
			cause = r.Cause
		}
	}
	f := &fault{url: "{url}" + l.path, origin: l.origin, args: l.args}
	if l.path == "" {
		f.url = "{url}/items"
	}
	shows := func(files map[string]string) (bool, string) {
		url, stop := l.start(t, stack, files)
		defer stop()
		v, _, _ := checked(t, f, url)
		var causes []string
		for _, x := range v.Findings {
			causes = append(causes, x.Cause)
		}
		if l.allows {
			return v.Error == nil, strings.Join(causes, ", ")
		}
		return slices.Contains(causes, cause), strings.Join(causes, ", ")
	}
	if shown, out := shows(files); !shown {
		t.Errorf("with the mistake, check does not show %s: %s", cause, out)
	}
	if shown, out := shows(after); shown {
		t.Errorf("without the mistake, check shows it: %s\n%s", out, after)
	}
}

// allowsAll is an application that allows everybody by itself.
func allowsAll(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	items(w, r)
}

const evil = "https://app.example.com.evil.example"

// TestLintCaddy shows that what lint says about Caddyfiles is so.
func TestLintCaddy(t *testing.T) {
	site := func(lines string) string {
		return "api.example.com {\n" + lines + "\n\treverse_proxy 127.0.0.1:8080 {\n\t\theader_up X-A b\n\t}\n}"
	}
	stripped := func(lines string) string {
		return "api.example.com {\n" + lines + "\n\treverse_proxy 127.0.0.1:8080 {\n\t\theader_down -Access-Control-Allow-Origin\n\t}\n}"
	}
	put := []string{"-X", "PUT"}
	for _, l := range []linted{
		{rule: "lost-on-errors", down: true, cause: "gateway-error-without-cors", lines: site("\theader {\n\t\tAccess-Control-Allow-Origin http://localhost:5173\n\t\tdefer\n\t}")},
		{
			rule: "lost-on-errors", down: true, cause: "gateway-error-without-cors", lines: site("\theader {\n\t\tAccess-Control-Allow-Origin http://localhost:5173\n\t\t-Server\n\t}"),
			fixed: site("\theader Access-Control-Allow-Origin http://localhost:5173\n\theader -Server"),
		},
		{rule: "upstream-headers-doubled", app: allowsAll, lines: site("\theader Access-Control-Allow-Origin http://localhost:5173")},
		{
			rule: "respond-too-late", args: put, cause: "preflight-not-routed", app: routes, lines: "api.example.com {\n\t@p method OPTIONS\n\theader Access-Control-Allow-Origin *\n\theader Access-Control-Allow-Methods PUT\n\trespond @p 204\n\thandle {\n\t\treverse_proxy 127.0.0.1:8080 {\n\t\t\theader_up X-A b\n\t\t}\n\t}\n}",
			fixed: "api.example.com {\n\t@p method OPTIONS\n\theader Access-Control-Allow-Origin *\n\theader Access-Control-Allow-Methods PUT\n\troute {\n\t\trespond @p 204\n\t\treverse_proxy 127.0.0.1:8080 {\n\t\t\theader_up X-A b\n\t\t}\n\t}\n}",
		},
		{
			rule: "wildcard-is-literal", origin: "https://a.example.org", lines: site("\t@a header Origin https://*.example.org\n\theader @a Access-Control-Allow-Origin {header.Origin}"),
			fixed: site("\t@a header_regexp Origin ^https://([a-z0-9-]+\\.)+example\\.org$\n\theader @a Access-Control-Allow-Origin {header.Origin}"),
		},
		{rule: "unanchored-origin", allows: true, origin: evil, lines: site("\t@a header_regexp Origin https://app\\.example\\.com\n\theader @a Access-Control-Allow-Origin {header.Origin}")},
		{
			rule: "part-of-origin", allows: true, origin: "https://evilexample.com", lines: site("\t@a header Origin *example.com\n\theader @a Access-Control-Allow-Origin {header.Origin}"),
			fixed: site("\t@a header Origin https://example.com\n\theader @a Access-Control-Allow-Origin {header.Origin}"),
		},
		{rule: "missing-vary", lines: stripped("\t@a header Origin http://localhost:5173\n\theader @a Access-Control-Allow-Origin {header.Origin}")},
		{
			rule: "upstream-headers-kept", allows: true, origin: evil, app: allowsAll, lines: site("\t@a header Origin http://localhost:5173\n\theader @a >Access-Control-Allow-Origin {header.Origin}"),
			fixed: stripped("\t@a header Origin http://localhost:5173\n\theader @a Access-Control-Allow-Origin {header.Origin}"),
		},
	} {
		t.Run(l.rule, func(t *testing.T) { l.try(t, "caddy") })
	}
}

// routes is an application that has no route for OPTIONS.
func routes(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodOptions {
		http.Error(w, "no such method", http.StatusMethodNotAllowed)
		return
	}
	items(w, r)
}

// TestLintApache shows that what lint says about the files of Apache is so.
func TestLintApache(t *testing.T) {
	put := []string{"-X", "PUT"}
	const rewrite = "RewriteEngine On\nRewriteCond %{REQUEST_METHOD} =OPTIONS\nRewriteRule ^ - [R=204,L]\n"
	for _, l := range []linted{
		{rule: "lost-on-errors", down: true, cause: "gateway-error-without-cors", lines: "Header set Access-Control-Allow-Origin http://localhost:5173"},
		{rule: "lost-on-errors", down: true, cause: "gateway-error-without-cors", lines: "SetEnvIf Origin ^http://localhost:5173$ O=$0\nHeader merge Vary Origin\nHeader set Access-Control-Allow-Origin %{O}e env=O"},
		{rule: "upstream-headers-doubled", app: allowsAll, lines: "Header always set Access-Control-Allow-Origin http://localhost:5173"},
		{
			rule: "preflight-without-headers", args: put, lines: rewrite + "Header set Access-Control-Allow-Origin *\nHeader set Access-Control-Allow-Methods PUT",
			fixed: rewrite + "Header always set Access-Control-Allow-Origin *\nHeader always set Access-Control-Allow-Methods PUT",
		},
		{rule: "unset-variable", cause: "acao-unset-variable", lines: `Header always set Access-Control-Allow-Origin "%{HTTP_ORIGIN}e"`, fixed: "SetEnvIf Origin ^http://localhost:5173$ O=$0\nHeader always set Access-Control-Allow-Origin %{O}e env=O"},
		{rule: "unanchored-origin", allows: true, origin: evil, lines: "SetEnvIf Origin \"https://app\\.example\\.com\" O=$0\nHeader always set Access-Control-Allow-Origin \"expr=%{req:Origin}\" env=O"},
		{rule: "dot-not-escaped", allows: true, origin: "https://appxexample.com", lines: "SetEnvIf Origin \"^https://app.example\\.com$\" O=$0\nHeader always set Access-Control-Allow-Origin %{O}e env=O"},
		{rule: "missing-vary", lines: "SetEnvIf Origin ^http://localhost:5173$ O=$0\nHeader always set Access-Control-Allow-Origin %{O}e env=O"},
		{rule: "no-preflight-answer", args: put, app: routes, lines: "Header always set Access-Control-Allow-Origin *\nHeader always set Access-Control-Allow-Methods PUT", fixed: rewrite + "Header always set Access-Control-Allow-Origin *\nHeader always set Access-Control-Allow-Methods PUT"},
	} {
		t.Run(l.rule, func(t *testing.T) { l.try(t, "apache") })
	}
}

// TestLintHAProxy shows that what lint says about the files of HAProxy is so.
func TestLintHAProxy(t *testing.T) {
	put := []string{"-X", "PUT"}
	const preflight = "    http-request return status 204 if METH_OPTIONS\n"
	for _, l := range []linted{
		{rule: "lost-on-errors", down: true, cause: "gateway-error-without-cors", lines: "    http-response set-header Access-Control-Allow-Origin http://localhost:5173"},
		{
			rule: "preflight-without-headers", args: put, lines: preflight + "    http-response set-header Access-Control-Allow-Origin *\n    http-response set-header Access-Control-Allow-Methods PUT",
			fixed: preflight + "    http-after-response set-header Access-Control-Allow-Origin *\n    http-after-response set-header Access-Control-Allow-Methods PUT",
		},
		{rule: "upstream-headers-doubled", app: allowsAll, lines: "    http-after-response add-header Access-Control-Allow-Origin http://localhost:5173"},
		{
			rule: "request-headers-in-response", lines: "    http-after-response set-header Access-Control-Allow-Origin http://localhost:5173 if { req.hdr(origin) -m found }",
			fixed: "    http-request set-var(txn.o) req.fhdr(origin)\n    http-after-response set-header Access-Control-Allow-Origin http://localhost:5173 if { var(txn.o) -m found }",
		},
		{rule: "origin-cut", origin: "https://a-long-name-of-a-page.example.com", cause: "acao-other-origin", lines: "    capture request header origin len 20\n    http-after-response set-header Access-Control-Allow-Origin %[capture.req.hdr(0)] if { capture.req.hdr(0) -m beg https: }"},
		{
			rule: "part-of-origin", allows: true, origin: "https://evilexample.com", lines: "    acl ok req.fhdr(origin) -m end example.com\n    http-request set-var(txn.o) req.fhdr(origin) if ok\n    http-after-response set-header Access-Control-Allow-Origin %[var(txn.o)] if { var(txn.o) -m found }",
			fixed: "    acl ok req.fhdr(origin) -m str https://example.com\n    http-request set-var(txn.o) req.fhdr(origin) if ok\n    http-after-response set-header Access-Control-Allow-Origin %[var(txn.o)] if { var(txn.o) -m found }",
		},
		{
			rule: "empty-header", origin: evil, lines: "    acl ok req.fhdr(origin) -m str https://example.com\n    http-request set-var(txn.o) req.fhdr(origin) if ok\n    http-after-response set-header Access-Control-Allow-Origin %[var(txn.o)]",
			fixed: "    acl ok req.fhdr(origin) -m str https://example.com\n    http-request set-var(txn.o) req.fhdr(origin) if ok\n    http-after-response set-header Access-Control-Allow-Origin %[var(txn.o)] if { var(txn.o) -m found }",
		},
		{rule: "missing-vary", lines: "    acl ok req.fhdr(origin) -m str http://localhost:5173\n    http-request set-var(txn.o) req.fhdr(origin) if ok\n    http-after-response set-header Access-Control-Allow-Origin %[var(txn.o)] if { var(txn.o) -m found }"},
	} {
		t.Run(l.rule, func(t *testing.T) { l.try(t, "haproxy") })
	}
}
