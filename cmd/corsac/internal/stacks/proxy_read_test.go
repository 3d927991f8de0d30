package stacks

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// proxyText returns what a stack reads in files, in lines.
func proxyText(stack string, files map[string]string) (sites []*Site, text string) {
	sites = Lookup(stack).Source.Read(nginxTree(files))
	var b strings.Builder
	for _, s := range sites {
		fmt.Fprintf(&b, "%s (%s)", s.Title, s.File.Name)
		if s.Path != "" {
			fmt.Fprintf(&b, " path %s", s.Path)
		}
		if s.Upstream != "" {
			fmt.Fprintf(&b, " to %s", s.Upstream)
		}
		b.WriteString("\n")
		for _, e := range s.Draft.Entries {
			fmt.Fprintf(&b, "  %s: %s", e.Field, e.Value)
			place(&b, e.File, e.Start)
		}
		for _, r := range s.Draft.Remarks {
			fmt.Fprintf(&b, "  %s: %s", r.Kind, r.Text)
			place(&b, r.File, r.Start)
		}
	}
	return sites, b.String()
}

// faultsText returns the faults of sites, in lines.
func faultsText(sites []*Site) string {
	var b strings.Builder
	for _, s := range sites {
		for _, f := range s.Faults {
			p := f.File.Place(f.Start)
			fmt.Fprintf(&b, "%s:%d:%d %s %s\n", p.File, p.Line, p.Column, f.Rule.ID, f.Evidence)
		}
	}
	return b.String()
}

// TestProxyRoundTrip checks that the configuration of a server with the snippet of
// a policy reads back as that policy, and has no faults.
func TestProxyRoundTrip(t *testing.T) {
	testenv.OneGoroutine(t)
	for _, stack := range []string{"caddy", "apache", "haproxy"} {
		t.Run(stack, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			valid, same := 0, 0
			for range testenv.Rounds(300, 75) {
				p := randomPolicy(r, withTiming, withStatus, withResourcePolicy, withDanger, withEveryHeader)
				valid++
				s := Lookup(stack).Snippet(p)
				if len(s.Lost)+len(s.Wider) > 0 {
					continue
				}
				files := Lookup(stack).Server.Files(s.Code, Addresses{Port: "8080", Upstream: "127.0.0.1:1"})
				sites, text := proxyText(stack, files)
				if len(sites) != 1 {
					t.Fatalf("%+v: %s\n%s", p, s.Code, text)
				}
				got, err := sites[0].Draft.Policy()
				faults := slices.DeleteFunc(sites[0].Faults, func(f Fault) bool {
					return strings.HasSuffix(f.Rule.ID, "/expression-too-wide") || strings.HasSuffix(f.Rule.ID, "/no-max-age") // *.github.io
				})
				if err != nil || !samePolicy(got, p) || len(faults) > 0 {
					t.Fatalf("%+v\n%+v\n%v\n%s\n%s%s", p, got, err, s.Code, text, faultsText(sites))
				}
				same++
			}
			t.Logf("%d of %d policies are expressible, and read back the same (%d %%)", same, valid, 100*same/valid)
			if same*100 < 60*valid {
				t.Error("fewer than 60 %")
			}
		})
	}
}

// TestReadProxies reads what people write.
func TestReadProxies(t *testing.T) {
	for _, c := range []struct {
		stack string
		files map[string]string
		want  string
	}{
		{"caddy", map[string]string{
			"Caddyfile":    "import conf/*.caddy\n(cors) {\n\t@{args[1]} header Origin {args[0]}\n\thandle @{args[1]} {\n\t\theader Access-Control-Allow-Origin {args[0]}\n\t}\n}\napi.example.com {\n\timport cors https://a.example 1\n\timport cors {$PAGE} 2\n\treverse_proxy localhost:3000\n}\n",
			"conf/b.caddy": "b.example.com {\n\theader /v1/* Access-Control-Allow-Origin *\n}\n",
		}, `
header /v1/* (conf/b.caddy) path /v1/
  allow_origins: * (conf/b.caddy:2:43)
api.example.com (Caddyfile) to http://localhost:3000
  allow_origins: https://a.example (Caddyfile:3:27)
  dynamic: It is sent on a condition that is known only when Caddy runs. (Caddyfile:5:3)
`},
		{"caddy", map[string]string{"Caddyfile": ":80\n@o `{header.Origin}.endsWith('.example')`\nheader @o Access-Control-Allow-Origin {header.Origin}\nreverse_proxy {$APP}"}, `
:80 (Caddyfile)
  dynamic: It is sent on a condition that is known only when Caddy runs. (Caddyfile:3:1)
`},
		{"caddy", map[string]string{"Caddyfile": "a {\nheader X \"b\n}"}, `
the file (Caddyfile)
  lost: Caddy's syntax is broken here, so the file was not read: a block is not ended. (Caddyfile:2:8)
`},
		{"apache", map[string]string{
			"apache2.conf": "ServerRoot /etc/nginx\nDefine PAGE https://a.example\nIncludeOptional sites-enabled/*.conf\n", "sites-enabled/api.conf": "<VirtualHost *:80>\nInclude cors.inc\nProxyPass / http://app:1/\n</VirtualHost>\n", "sites-available/api.conf": "<VirtualHost *:80>\nInclude cors.inc\nProxyPass / http://app:1/\n</VirtualHost>\n",
			"cors.inc": "<IfModule mod_headers.c>\nHeader always set Access-Control-Allow-Origin \"${PAGE}\"\nHeader always set Access-Control-Allow-Headers ${NAMES}\n</IfModule>\n",
		}, `
<VirtualHost *:80> (sites-enabled/api.conf) to http://app:1
  allow_origins: https://a.example (cors.inc:2:47)
  dynamic: It comes from ${NAMES}, which is known only when Apache runs. (cors.inc:3:48)
`},
		{"apache", map[string]string{".htaccess": "<If \"%{HTTP:Origin} -in {'https://a.example', 'https://b.example'}\">\nHeader always set Access-Control-Allow-Origin \"expr=%{HTTP:Origin}\"\n</If>\n<Else>\nHeader always set X Y\n</Else>\n"}, `
the file (.htaccess)
  allow_origins: https://a.example (.htaccess:1:27)
  allow_origins: https://b.example (.htaccess:1:48)
`},
		{"apache", map[string]string{"x.conf": "<Location /api>\nSetEnvIf Remote_Addr ^10 X\nHeader set Access-Control-Allow-Origin * env=X\n</Location>\n"}, `
<Location /api> (x.conf) path /api
  dynamic: It is sent on a condition that is known only when Apache runs. (x.conf:3:1)
`},
		{"apache", map[string]string{"nginx.conf": "server { add_header Access-Control-Allow-Origin *; }\n"}, "\n"},
		{"haproxy", map[string]string{"haproxy.cfg": "frontend web\n  acl api path_beg /api\n  use_backend b if api\nbackend b\n  acl ok capture.req.hdr(0) -m reg -i ^https://(www\\.)?a\\.example$\n  http-response set-header Access-Control-Allow-Origin %[src]\n  server a 10.0.0.1:80 ssl verify none\n"}, `
backend b (haproxy.cfg) path /api to https://10.0.0.1:80
  dynamic: The origin comes from %[src], which is known only when HAProxy runs. (haproxy.cfg:6:56)
`},
		{"haproxy", map[string]string{"haproxy.cfg": "listen web\n  capture request header origin len 128\n  acl ok capture.req.hdr(0) -m reg -i ^https://(www\\.)?a\\.example$\n  acl ok capture.req.hdr(0) -f /etc/origins\n  http-response set-header Access-Control-Allow-Origin %[capture.req.hdr(0)] if ok\n  server a 10.0.0.1:80\n"}, `
listen web (haproxy.cfg) to http://10.0.0.1:80
  allow_origins: https://a.example (haproxy.cfg:3:39)
  allow_origins: https://www.a.example (haproxy.cfg:3:39)
  dynamic: It is sent on a condition that is known only when HAProxy runs. (haproxy.cfg:5:3)
`},
		{"haproxy", map[string]string{"setup.cfg": "[metadata]\nname = x\nbackend = y\n"}, "\n"},
	} {
		if _, got := proxyText(c.stack, c.files); "\n"+got != c.want {
			t.Errorf("%s: %s\nwant%s", c.stack, "\n"+got, c.want)
		}
	}
}
