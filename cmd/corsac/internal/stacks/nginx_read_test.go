package stacks

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// nginxTree returns a project with files.
func nginxTree(files map[string]string) *source.Tree {
	fsys, names := fstest.MapFS{}, []string{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
		names = append(names, name)
	}
	slices.Sort(names)
	return source.NewTree("/etc/nginx", fsys, names)
}

// nginxSites returns the sites of files, and a text of them.
func nginxSites(files map[string]string) (sites []*Site, text string) {
	sites = Lookup("nginx").Source.Read(nginxTree(files))
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

func place(b *strings.Builder, f *source.File, offset int) {
	p := f.Place(offset)
	fmt.Fprintf(b, " (%s:%d:%d)\n", p.File, p.Line, p.Column)
}

// inServer returns nginx.conf with a server.
func inServer(lines string) string { return "http {\nserver {\nlisten 8080;\n" + lines + "\n}\n}\n" }

func TestReadNginx(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"the tutorial", map[string]string{"nginx.conf": inServer("location /api/ {\n\tadd_header 'Access-Control-Allow-Origin' '*';\n\tadd_header Access-Control-Allow-Methods 'GET, PUT';\n\tproxy_pass http://127.0.0.1:8000;\n}")}, `
location /api/ (nginx.conf) path /api/ to http://127.0.0.1:8000
  allow_origins: * (nginx.conf:5:43)
  allow_methods: PUT (nginx.conf:6:42)
`},
		{"a map, and what it decides", map[string]string{"nginx.conf": `http {
map $http_origin $who { default ""; https://App.example.com $http_origin; ~^https://b\.example$ "$http_origin"; }
map $who $may { "" ""; default true; }
server { add_header Access-Control-Allow-Origin $who; add_header Access-Control-Allow-Credentials $may; }
}`}, `
server (nginx.conf)
  allow_origins: https://app.example.com (nginx.conf:2:37)
  allow_origins: https://b.example (nginx.conf:2:75)
  allow_credentials: true (nginx.conf:4:99)
`},
		{"conditions", map[string]string{"nginx.conf": inServer(`set $cors "";
if ($http_origin ~* ^https?://(www\.)?example\.com$) { set $cors "${cors}o"; }
if ($request_method = OPTIONS) { set $cors "${cors}p"; }
location / {
  if ($cors ~ ^o) { add_header Access-Control-Allow-Origin $http_origin always; }
  if ($cors = op) { add_header Access-Control-Allow-Origin $http_origin always; add_header Access-Control-Allow-Headers "X-A"; return 200; }
}`)}, `
location / (nginx.conf)
  allow_origins: http://example.com (nginx.conf:5:21)
  allow_origins: http://www.example.com (nginx.conf:5:21)
  allow_origins: https://example.com (nginx.conf:5:21)
  allow_origins: https://www.example.com (nginx.conf:5:21)
  allow_headers: X-A (nginx.conf:9:121)
  preflight_status: 200 (nginx.conf:9:128)
`},
		{"a refusal", map[string]string{"nginx.conf": inServer(`if ($http_origin !~ "^(https://a\.example|)$") { return 403; }
add_header Access-Control-Allow-Origin $http_origin always;`)}, `
server 8080 (nginx.conf)
  allow_origins: https://a.example (nginx.conf:4:21)
`},
		{"groups", map[string]string{"nginx.conf": inServer(`location / { if ($http_origin ~ "^(?<who>https://(a|b)\.example)$") { set $o $who; add_header Access-Control-Allow-Origin $o; } }`)}, `
location / (nginx.conf)
  allow_origins: https://a.example (nginx.conf:4:33)
  allow_origins: https://b.example (nginx.conf:4:33)
`},
		{"included files", map[string]string{
			"nginx.conf": "http { include conf.d/*.conf; include /etc/nginx/sites-enabled/*; include nginx.conf; }", "conf.d/maps.conf": "map $http_origin $o { ~^https://a\\.example$ $http_origin; }",
			"sites-enabled/api": "server { server_name api.example.com; include snippets/cors.conf; location / { proxy_pass http://app/v1/; } }\nupstream app { server 10.0.0.1:81; }\n", "sites-available/api": "server { server_name api.example.com; include snippets/cors.conf; location / { proxy_pass http://app/v1/; } }\nupstream app { server 10.0.0.1:81; }\n",
			"snippets/cors.conf": "add_header Access-Control-Allow-Origin $o;",
		}, `
server api.example.com (sites-available/api) to http://10.0.0.1:81/v1/
  allow_origins: https://a.example (conf.d/maps.conf:1:23)
include nginx.conf (nginx.conf)
  lost: The include nginx.conf could not be followed: what it says is not known. (nginx.conf:1:67)
`},
		{"dynamic", map[string]string{"nginx.conf": inServer("add_header Access-Control-Allow-Origin $arg_origin; add_header Access-Control-Allow-Headers \"X-A, $upstream_http_x\";")}, `
server 8080 (nginx.conf)
  allow_headers: X-A (nginx.conf:4:93)
  dynamic: The origin comes from $arg_origin, which is known only when nginx runs. (nginx.conf:4:40)
  dynamic: It comes from X-A, $upstream_http_x, which is known only when nginx runs. (nginx.conf:4:93)
`},
		{"everybody with credentials", map[string]string{"nginx.conf": inServer("more_set_headers 'Access-Control-Allow-Origin: $http_origin' 'Access-Control-Allow-Credentials: true';")}, `
server 8080 (nginx.conf)
  allow_credentials: true (nginx.conf:4:1)
  lost: Every origin is allowed with credentials, so that any website can read the data of its visitors. No policy says that: list the origins. (nginx.conf:4:1)
`},
		{"a header that no script can set", map[string]string{"nginx.conf": inServer("add_header Access-Control-Allow-Origin *; add_header Access-Control-Allow-Headers DNT;")}, `
server 8080 (nginx.conf)
  allow_origins: * (nginx.conf:4:40)
  differs: DNT is left out, as it changes nothing: browsers never let scripts set it, so it need not be allowed. (nginx.conf:4:83)
`},
		{"a location by an expression", map[string]string{"nginx.conf": inServer("location ~* ^/(v1|v2)/ { add_header Access-Control-Allow-Origin *; proxy_pass http://127.0.0.1:9000; }\nlocation ~ ^/v3/ { add_header Access-Control-Allow-Origin *; proxy_pass http://127.0.0.1:9000; }")}, `
location ~* ^/(v1|v2)/ (nginx.conf) to http://127.0.0.1:9000
  allow_origins: * (nginx.conf:4:65)
location ~ ^/v3/ (nginx.conf) path /v3 to http://127.0.0.1:9000
  allow_origins: * (nginx.conf:5:59)
`},
		{"a snippet that nothing includes", map[string]string{"cors.conf": "add_header Access-Control-Allow-Origin https://a.example always;"}, `
the file (cors.conf)
  allow_origins: https://a.example (cors.conf:1:40)
`},
		{"broken", map[string]string{"nginx.conf": "http {\n server { listen 80 }\n}"}, `
the file (nginx.conf)
  lost: nginx's syntax is broken here, so the file was not read: a directive is not ended by ;. (nginx.conf:2:11)
`},
		{"not nginx", map[string]string{"httpd.conf": "<VirtualHost *:80>\nHeader set Access-Control-Allow-Origin *\n</VirtualHost>\n", "x.conf": "a = 1\n"}, "\n"},
	} {
		if _, got := nginxSites(c.files); "\n"+got != c.want {
			t.Errorf("%s:%s\nwant%s", c.name, "\n"+got, c.want)
		}
	}
}

// TestNginxRoundTrip checks that the snippet of a policy reads back as that
// policy.
func TestNginxRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	valid, same := 0, 0
	for range testenv.Rounds(300, 75) {
		p := randomPolicy(r, withTiming, withStatus, withResourcePolicy, withDanger, withEveryHeader)
		valid++
		s := Lookup("nginx").Snippet(p)
		if len(s.Lost)+len(s.Wider) > 0 {
			continue
		}
		maps, lines, _ := strings.Cut(s.Code, "# Part 2: in the location {}\n")
		sites, text := nginxSites(map[string]string{"nginx.conf": "http {\n" + maps + "\nserver {\nlocation / {\n" + lines + "\nproxy_pass http://127.0.0.1:1;\n}\n}\n}"})
		if len(sites) != 1 {
			t.Fatalf("%+v:\n%s", p, text)
		}
		got, err := sites[0].Draft.Policy()
		faults := slices.DeleteFunc(sites[0].Faults, func(f Fault) bool { return f.Rule.ID == "nginx/expression-too-wide" }) // *.github.io
		if err != nil || !samePolicy(got, p) || len(faults) > 0 {
			t.Fatalf("%+v\n%+v\n%v\n%s%v", p, got, err, s.Code, text)
		}
		same++
	}
	t.Logf("%d of %d policies are expressible, and read back the same (%d %%)", same, valid, 100*same/valid)
	if same*100 < 60*valid {
		t.Error("fewer than 60 %")
	}
}
