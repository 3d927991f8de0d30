package importer_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/importer"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
)

// routed returns what the policy of some lines of nginx's server is for another
// stack, and the notes.
func routed(t *testing.T, lines, to string) (text string, notes []string) {
	t.Helper()
	f := &source.File{Name: "nginx.conf", Text: "http {\nserver {\nlisten 8080;\n" + lines + "\n}\n}\n"}
	im := importer.New(importer.Sites(source.Memory(f), stacks.Lookup("nginx")))
	files, notes, err := im.Convert(stacks.Lookup(to), true)
	if err != nil {
		t.Fatalf("%s: %v", to, err)
	}
	return files[0].Text, notes
}

const (
	allowOne = "add_header Access-Control-Allow-Origin https://app.example.com always;\n"
	apiRoute = "location /api/ {\n" + allowOne + "proxy_pass http://127.0.0.1:9001;\n}"
)

// TestRouted checks that the path and the upstream of the source are in the result,
// or in a note.
func TestRouted(t *testing.T) {
	for _, c := range []struct {
		to, lines string
		// want and not are parts of the result, note is one of the notes.
		want, not []string
		note      string
	}{
		{to: "caddy", lines: apiRoute, want: []string{"route /api/* {", "reverse_proxy 127.0.0.1:9001 {"}, not: []string{"8080", "strip_prefix"}},
		{to: "nginx", lines: apiRoute, want: []string{"\nlocation /api/ {\n    proxy_hide_header", "\n    proxy_pass http://127.0.0.1:9001;\n}"}},
		{to: "apache", lines: apiRoute, want: []string{`ProxyPass "/api/" "http://127.0.0.1:9001/api/"`}, note: "for /api/ only"},
		{to: "haproxy", lines: apiRoute, want: []string{"use_backend app1 if { path_beg /api/ }\n\nbackend app1\n    server app 127.0.0.1:9001\n"}, note: "for /api/ only"},
		{to: "varnish", lines: apiRoute, want: []string{`.host = "127.0.0.1"`, `.port = "9001"`}, not: []string{"8080"}, note: "for /api/ only"},
		{to: "traefik", lines: apiRoute, want: []string{"rule: PathPrefix(`/api/`)\n      middlewares: [cors]\n      service: api1", "- url: 'http://127.0.0.1:9001'"}, not: []string{"your router"}},
		{to: "kong", lines: apiRoute, want: []string{"url: 'http://127.0.0.1:9001'", "paths: ['/api/']", "\n  plugins:\n  - name: cors\n"}},
		{to: "envoy", lines: apiRoute, note: "/api/, which goes to http://127.0.0.1:9001"},
		{to: "istio", lines: apiRoute, note: "/api/, which goes to http://127.0.0.1:9001"},
		{to: "vite", lines: apiRoute, note: "/api/, which goes to http://127.0.0.1:9001"},
		{to: "express", lines: apiRoute, want: []string{"app.use('/api/', cors({"}},
		{to: "express", lines: strings.Replace(apiRoute, "location /api/", "location = /api", 1), want: []string{"app.use(cors({"}, note: "for exactly /api"},
		{to: "express", lines: strings.Replace(apiRoute, "/api/ {", "/a(b)/ {", 1), want: []string{"app.use(cors({"}, note: "for "},
		// The path is taken off, or replaced.
		{to: "caddy", lines: strings.Replace(apiRoute, "9001", "9001/", 1), want: []string{"uri strip_prefix /api\n\t\treverse_proxy 127.0.0.1:9001 {"}, not: []string{"rewrite"}},
		{to: "caddy", lines: strings.Replace(apiRoute, "9001", "9001/v1/", 1), want: []string{"uri strip_prefix /api\n\t\trewrite * /v1{uri}\n\t\treverse_proxy 127.0.0.1:9001 {"}},
		{to: "nginx", lines: strings.Replace(apiRoute, "9001", "9001/v1/", 1), want: []string{"proxy_pass http://127.0.0.1:9001/v1/;"}},
		{to: "apache", lines: strings.Replace(apiRoute, "9001", "9001/", 1), want: []string{`ProxyPass "/api/" "http://127.0.0.1:9001/"`}, note: "for /api/ only"},
		{to: "haproxy", lines: strings.Replace(apiRoute, "9001", "9001/", 1), not: []string{"9001"}, note: "/api/, which goes to http://127.0.0.1:9001/"},
		{to: "kong", lines: strings.Replace(apiRoute, "9001", "9001/", 1), not: []string{"9001"}, note: "/api/, which goes to http://127.0.0.1:9001/"},
		// The whole server, by its locations.
		{
			to: "caddy", lines: allowOne + "location /a/ { proxy_pass http://127.0.0.1:9001; }\nlocation / { proxy_pass https://b.example; }",
			want: []string{"route /a/* {", "reverse_proxy 127.0.0.1:9001 {", "route {", "reverse_proxy https://b.example {"},
		},
		{to: "caddy", lines: "location / {\n" + allowOne + "proxy_pass http://127.0.0.1:9001/;\n}", want: []string{"\troute {", "reverse_proxy 127.0.0.1:9001 {"}, not: []string{"rewrite", "strip"}},
		// Nothing is known, or nothing that may stand there.
		{to: "caddy", lines: allowOne, want: []string{"\troute {", "reverse_proxy {$UPSTREAM} {"}, not: []string{"8080"}},
		{to: "caddy", lines: "location ~* \\.(woff2?|ttf)$ {\n" + allowOne + "root /srv;\n}", want: []string{"reverse_proxy {$UPSTREAM} {"}, not: []string{"8080"}, note: `location ~* \.(woff2?|ttf)$`},
		{to: "nginx", lines: "location ~* \\.(woff2?|ttf)$ {\n" + allowOne + "root /srv;\n}", not: []string{"location /"}, note: `location ~* \.(woff2?|ttf)$`},
		{to: "varnish", lines: allowOne, want: []string{"backend default none;"}, not: []string{"8080"}},
		{to: "nginx", lines: "server_name a.example.com b.example.com;\n" + apiRoute, want: []string{"\nlocation /api/ {"}, note: "for a.example.com, b.example.com only"},
		{to: "nginx", lines: strings.Replace(apiRoute, "location /api/ {", "location /api/ {\nauth_basic x;", 1), want: []string{"\nlocation /api/ {", "# your proxy_pass"}, not: []string{"9001"}},
		{to: "caddy", lines: "location \"/a b{}/\" {\n" + allowOne + "proxy_pass http://127.0.0.1:9001;\n}", not: []string{"a b"}, note: `"/a b{}/", which goes to http://127.0.0.1:9001`},
	} {
		text, notes := routed(t, c.lines, c.to)
		code := text // without the comments on top, which have the notes
		for strings.HasPrefix(code, "# ") {
			_, code, _ = strings.Cut(code, "\n")
		}
		for _, part := range c.want {
			if !strings.Contains(code, part) {
				t.Errorf("%s of %s: no %q in\n%s", c.to, c.lines, part, text)
			}
		}
		for _, part := range c.not {
			if strings.Contains(code, part) {
				t.Errorf("%s of %s: %q in\n%s", c.to, c.lines, part, text)
			}
		}
		said := strings.Join(slices.DeleteFunc(notes, func(note string) bool { return !strings.HasPrefix(note, "The source has this") }), "\n")
		if said == "" != (c.note == "") || !strings.Contains(said, c.note) {
			t.Errorf("%s of %s: notes %q, want %q", c.to, c.lines, said, c.note)
		}
	}
}

// TestParts checks what is read as the routes of the gateway: where the path is
// taken off or replaced, there is none.
func TestParts(t *testing.T) {
	const allow = "add_header Access-Control-Allow-Origin https://app.example.com always;\n"
	const apache = "Header always set Access-Control-Allow-Origin https://app.example.com\n"
	for _, c := range []struct{ stack, file, text, want string }{
		{"nginx", "nginx.conf", "http { server { location /api/ {\n" + allow + "proxy_pass http://a:1; } } }", "/api/ http://a:1"},
		{"nginx", "nginx.conf", "http { server { location /api/ {\n" + allow + "proxy_pass http://a:1/; } } }", "/api/ http://a:1/ no"},
		{"nginx", "nginx.conf", "http { server {\n" + allow + "location /api/ { proxy_pass http://a:1/api/; }\nlocation /b/ { proxy_pass http://b:1; } } }", "/api/ http://a:1, /b/ http://b:1"},
		{"apache", "httpd.conf", "<VirtualHost *:80>\n" + apache + "ProxyPass /api/ http://a:1/api/\nProxyPass /b/ http://b:1/\n</VirtualHost>", "/api/ http://a:1, /b/ http://b:1/ no"},
		{"apache", "httpd.conf", "<VirtualHost *:80>\n" + apache + "ProxyPass / http://a:1/\n</VirtualHost>", "/ http://a:1"},
		{"apache", "httpd.conf", "<VirtualHost *:80>\n<Location /api/>\n" + apache + "ProxyPass http://a:1/api/\n</Location>\n</VirtualHost>", "/api/ http://a:1"},
		{"caddy", "Caddyfile", "a.example {\n\thandle /api/* {\n\t\theader Access-Control-Allow-Origin https://app.example.com\n\t\treverse_proxy a:1\n\t}\n}\n", "/api/ http://a:1"},
		{"caddy", "Caddyfile", "a.example {\n\thandle_path /api/* {\n\t\theader Access-Control-Allow-Origin https://app.example.com\n\t\treverse_proxy a:1\n\t}\n}\n", "/api/ http://a:1/ no"},
	} {
		im := importer.New(importer.Sites(source.Memory(&source.File{Name: c.file, Text: c.text}), stacks.Lookup(c.stack)))
		var got []string
		for _, r := range im.Routes {
			line := r.Path + " " + r.Upstream
			if r.Problem != "" {
				line += " no"
			}
			got = append(got, line)
		}
		if s := strings.Join(got, ", "); s != c.want {
			t.Errorf("%s: %q, want %q", c.text, s, c.want)
		}
	}
}
