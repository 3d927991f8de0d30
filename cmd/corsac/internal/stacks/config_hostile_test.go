package stacks

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// confStacks are the stacks whose files are settings.
var confStacks = []string{
	"envoy", "istio", "gateway-api", "traefik", "kong", "ingress-nginx", "s3", "r2", "gcs", "azure-storage",
	"api-gateway-http", "api-gateway-rest", "lambda-url", "cloudfront",
}

// TestReadHostile checks that files made to be much work are little, and that no
// file makes a reader panic.
func TestReadHostile(t *testing.T) {
	testenv.OneGoroutine(t)
	many := func(n int, s string) string { return strings.Repeat(s, n) }
	numbered := func(n int, s string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, s, i)
		}
		return b.String()
	}
	var sites strings.Builder
	sites.WriteString("o: &o [" + many(2000, "{exact: 'https://a.example'},") + "{exact: 'https://b.example'}]\nx:\n")
	for i := range 2000 {
		fmt.Fprintf(&sites, "- corsPolicy: {allowOrigins: *o, n: %d}\n", i)
	}
	for name, file := range map[string]struct{ stack, text string }{
		"aliases.yaml":  {"istio", sites.String()},
		"regexps.yaml":  {"istio", "a:\n" + many(300, "- corsPolicy: {allowOrigins: [{regex: '((a{0,30}){0,30})*"+many(500, "(b|c)")+"'}]}\n")},
		"long.yaml":     {"istio", "corsPolicy: {allowOrigins: [{regex: '" + many(100_000, "(") + "'}, {exact: '" + many(100_000, "a.") + "'}]}"},
		"commas.yaml":   {"ingress-nginx", "annotations: {nginx.ingress.kubernetes.io/enable-cors: 'true', nginx.ingress.kubernetes.io/cors-allow-origin: '" + many(100_000, "a,") + "'}"},
		"labels.yaml":   {"traefik", "labels:\n" + many(3000, "- traefik.http.middlewares.a.headers.accesscontrolalloworiginlist=$$$\n")},
		"routers.yaml":  {"traefik", "m: &m [" + many(5000, "cors, ") + "x]\nhttp:\n  middlewares: {cors: {headers: {accessControlAllowOriginList: [a]}}, x: {chain: {middlewares: [x, x, x, x, x, x, x, x, x]}}}\n  routers:\n" + numbered(3000, "    r%d: {rule: 'Host(`a`) && PathPrefix(`/%[1]d`)', middlewares: *m, service: s}\n")},
		"rules.yaml":    {"traefik", "m: &m '" + many(50_000, "(Host(`a`)||") + "'\nhttp:\n  middlewares: {cors: {headers: {accessControlAllowOriginList: [a]}}}\n  routers:\n" + numbered(500, "    r%d: {rule: *m, middlewares: [cors], service: s}\n")},
		"product.yaml":  {"traefik", "http:\n  middlewares: {cors: {headers: {accessControlAllowOriginList: [a]}}}\n  routers:\n" + numbered(500, "    r%d: {rule: 'Host(`a%[1]d`)"+many(300, " && (Path(`/a`) || Path(`/b`))")+"', middlewares: [cors], service: s}\n")},
		"points.yaml":   {"traefik", "p: &p [" + many(40, "a, ") + "b]\nentryPoints:\n" + numbered(5000, "  p%d: {http: {middlewares: [cors]}}\n") + "http:\n  middlewares: {cors: {headers: {accessControlAllowOriginList: [a]}}}\n  routers:\n" + numbered(500, "    r%d: {rule: Host(`a`), entryPoints: *p, middlewares: [cors], service: s}\n")},
		"compose.yaml":  {"traefik", "x: &l [" + many(20, "traefik.http.middlewares.a.headers.accesscontrolalloworiginlist=https://a.example, traefik.http.routers.r"+many(500, ".a")+"=b, ") + "z]\nservices:\n" + numbered(3000, "  s%d: {labels: *l}\n")},
		"dashes.yaml":   {"traefik", "http: {middlewares: {cors: {headers: {accessControlAllowOriginList: [a]}}}, routers: {a: {rule: Host(`a`), middlewares: [cors, " + many(100_000, "-") + "@kubernetescrd], service: s}}}"},
		"twice.yaml":    {"traefik", "headers: {" + many(3000, "accessControlAllowOriginList: [a], ") + "x: y}"},
		"rules.json":    {"s3", `[` + many(5000, `{"AllowedOrigins": ["*", "**"], "AllowedMethods": ["GET"]},`) + `{}]`},
		"rules.xml":     {"s3", `<C>` + many(5000, `<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>`) + `</C>`},
		"policies.json": {"cloudfront", many(200, `{"CorsConfig":{"AccessControlAllowOrigins":`) + many(400, "}")},
	} {
		t.Run(name, func(t *testing.T) {
			tree := confTree(name, file.text)
			start := time.Now()
			found := Lookup(file.stack).Source.Read(tree)
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("it took %v for %d sites", took, len(found))
			}
		})
	}
}

// FuzzReadSettings checks that no file makes a reader panic, that everything is
// at a place in the file, and that edits can be applied and the result is read,
// too.
func FuzzReadSettings(f *testing.F) {
	files, err := filepath.Glob("testdata/read/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		stack := slices.Index(confStacks, strings.TrimSuffix(filepath.Base(file), ".txtar"))
		for _, a := range txtar.Parse(text).Files {
			if !strings.HasSuffix(a.Name, ".read") {
				f.Add(stack, a.Name, string(a.Data))
			}
		}
	}
	f.Fuzz(func(t *testing.T, n int, name, text string) {
		stack := confStacks[uint(n)%uint(len(confStacks))]
		if strings.ContainsAny(name, `/\`) || name == "" || name == "." || name == ".." {
			name = "file.yaml"
		}
		sites, _ := confSites(stack, name, text)
		checkSites(t, stack, sites)
		for _, s := range sites {
			_, _ = s.Draft.Policy()
			for _, fault := range s.Faults {
				if fixed, err := source.Apply(text, fault.Edits); err == nil && len(fault.Edits) > 0 {
					again, _ := confSites(stack, name, fixed)
					checkSites(t, stack, again)
				}
			}
		}
	})
}
