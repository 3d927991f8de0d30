package live_test

import (
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// meantValues is what meantFile says.
var meantValues = map[string][]string{
	"allow_origins": {"https://app.example.com", "https://*.example.org", "http://localhost:3000"},
	"allow_methods": {"PUT", "DELETE"}, "allow_headers": {"Authorization", "Content-Type"}, "expose_headers": {"X-Total-Count"},
	"allow_credentials": {"true"}, "max_age": {"1h"},
}

// nginxProject is a project with nginx. PORT, DIR and APP in its files are filled
// in when it is started.
type nginxProject struct {
	name string
	// http is what http {} has; files are the others.
	http  string
	files map[string]string
	app   http.HandlerFunc
	want  stacks.Want
	// path is that of the data, and failing one with an error.
	path, failing string
}

// conf returns nginx.conf.
func (p *nginxProject) conf() map[string]string {
	files := maps.Clone(p.files)
	if files == nil {
		files = map[string]string{}
	}
	files["nginx.conf"] = "daemon off;\npid DIR/nginx.pid;\nerror_log DIR/error.log;\nevents {}\nhttp {\n    access_log off;\n" +
		"    client_body_temp_path DIR; proxy_temp_path DIR; fastcgi_temp_path DIR; uwsgi_temp_path DIR; scgi_temp_path DIR;\n" + p.http + "}\n"
	return files
}

// start starts nginx with the files and returns its URL.
func (p *nginxProject) start(t *testing.T, files map[string]string) (url string, stop func()) {
	t.Helper()
	s := server{
		files:   map[string]string{},
		command: []string{testenv.Program(t, "apt-get install nginx-light", "nginx", "/usr/sbin/nginx"), "-p", "{dir}", "-e", "{dir}/error.log", "-c", "{dir}/nginx.conf"},
	}
	if p.app != nil {
		s.app = p.app
	}
	for name, text := range files {
		s.files[name] = strings.NewReplacer("PORT", "{port}", "DIR", "{dir}", "APP", "{app}").Replace(text)
	}
	return s.start(t)
}

// fixed returns the files after stacks.Source.Change, and checks that a second
// run has nothing to do.
func (p *nginxProject) fixed(t *testing.T, files map[string]string) map[string]string {
	t.Helper()
	change := func(files map[string]string) (map[string]string, int) {
		fsys := fstest.MapFS{}
		for name, text := range files {
			fsys[name] = &fstest.MapFile{Data: []byte(text)}
		}
		tree, s := source.NewTree("DIR", fsys, slices.Sorted(maps.Keys(files))), stacks.Lookup("nginx").Source
		c, err := s.Change(tree, s.Read(tree), &p.want)
		if err != nil {
			t.Fatal(err)
		}
		after := maps.Clone(files)
		for name, edits := range c.Edits {
			if after[name], err = source.Apply(files[name], edits); err != nil {
				t.Fatal(err)
			}
		}
		for _, site := range s.Read(source.NewTree("DIR", mapped(after), slices.Sorted(maps.Keys(after)))) {
			for _, f := range site.Faults {
				if f.Rule.Severity != finding.Note {
					t.Errorf("after the change: %s: %s", site.Title, f.Rule.ID)
				}
			}
		}
		return after, len(c.Edits)
	}
	after, _ := change(files)
	if again, edits := change(after); edits > 0 {
		t.Errorf("the second run: %s", again)
	}
	return after
}

func mapped(files map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

// ownHeaders is an application with CORS headers of its own, and errors without.
func ownHeaders(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/fail" {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Expose-Headers", "X-Secret")
	}
	items(w, r)
}

const tutorialNginx = `    server {
        listen 127.0.0.1:PORT;
        location /api/ {
            add_header 'Access-Control-Allow-Origin' '*';
            add_header 'Access-Control-Allow-Methods' 'GET, POST, OPTIONS';
            add_header 'Access-Control-Allow-Headers' 'Authorization,Content-Type';
            proxy_pass http://APP/;
        }
    }
`

func nginxProjects() []nginxProject {
	proxy := func(server string) string {
		return "    server {\n        listen 127.0.0.1:PORT;\n" + server + "    }\n"
	}
	return []nginxProject{
		{name: "blank", http: proxy("        location / {\n            proxy_pass http://APP;\n        }\n")},
		{name: "the tutorial", http: tutorialNginx, path: "/api"},
		{name: "the tutorial, before an application with its own headers", http: tutorialNginx, path: "/api", app: ownHeaders},
		{name: "for a path", want: stacks.Want{Path: "/api/"}, path: "/api", http: proxy("        location / {\n            proxy_pass http://APP;\n        }\n"), app: func(w http.ResponseWriter, r *http.Request) {
			http.StripPrefix("/api", http.HandlerFunc(items)).ServeHTTP(w, r)
		}},
		{name: "error_page", path: "/api", failing: "/api/missing", http: proxy(`        error_page 404 500 502 /error.html;
        proxy_intercept_errors on;
        location /api/ {
            add_header Access-Control-Allow-Origin http://localhost:3000;
            proxy_pass http://APP/;
        }
        location = /error.html {
            internal;
            add_header X-Error 1;
            return 404 "none";
        }
`)},
		{name: "auth_basic", failing: "/items", http: proxy(`        auth_basic "Restricted";
        auth_basic_user_file DIR/htpasswd;
        location / {
            limit_except GET POST PUT DELETE { deny all; }
            add_header Access-Control-Allow-Origin https://app.example.com always;
            add_header Access-Control-Allow-Credentials true always;
            proxy_pass http://APP;
        }
`), files: map[string]string{"htpasswd": "u:{PLAIN}p\n"}},
		{name: "files", failing: "/none", http: proxy(`        root DIR;
        location / {
            add_header Access-Control-Allow-Origin $http_origin;
            add_header X-Total-Count 1 always;
        }
`), files: map[string]string{"items": "[]\n"}},
		{name: "two servers", http: "    server {\n        listen 127.0.0.1:PORT;\n        server_name other.example.com;\n        root DIR;\n    }\n" + strings.Replace(proxy(`        server_name 127.0.0.1;
        add_header Access-Control-Allow-Origin $http_origin always;
        add_header Access-Control-Allow-Credentials true always;
        location /items { proxy_pass http://APP; }
        location / {
            add_header X-Frame-Options DENY;
            proxy_pass http://APP;
        }
`), "PORT;", "PORT default_server;", 1)},
		{name: "included files", http: "    include DIR/api.conf;\n", files: map[string]string{
			"api.conf": "map $http_origin $ok {\n\t~https://app.example.com $http_origin;\n}\nserver {\n\tlisten 127.0.0.1:PORT;\n\tlocation / {\n\t\tinclude DIR/cors.inc;\n\t\tproxy_pass http://APP;\n\t}\n}\n",
			"cors.inc": "add_header Access-Control-Allow-Origin $ok;\nadd_header Access-Control-Allow-Credentials true;\n",
		}},
		{name: "conditions", http: proxy(`        location / {
            set $cors "";
            if ($http_origin ~* (localhost|example\.com|example\.org)) { set $cors "true"; }
            if ($request_method = OPTIONS) { set $cors "${cors}options"; }
            if ($cors = "true") {
                add_header Access-Control-Allow-Origin "$http_origin";
                add_header Access-Control-Allow-Credentials true;
            }
            if ($cors = "trueoptions") {
                add_header Access-Control-Allow-Origin "$http_origin";
                add_header Access-Control-Allow-Credentials true;
                add_header Access-Control-Allow-Methods "GET, PUT";
                return 204;
            }
            proxy_pass http://APP;
        }
`)},
	}
}

// TestFixNginx starts nginx with configurations that are wrong, changes them as
// corsac fix does, and verifies the policy before and after.
func TestFixNginx(t *testing.T) {
	for _, p := range nginxProjects() {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			p.want.Set = meantValues
			if p.app == nil {
				p.app = items
			}
			file := filepath.Join(t.TempDir(), "corsac.yaml")
			if err := os.WriteFile(file, []byte(meantFile), 0o600); err != nil {
				t.Fatal(err)
			}
			verify := func(files map[string]string) (broken, text string, status int) {
				url, stop := p.start(t, files)
				defer stop()
				failing := p.failing
				if failing == "" {
					failing = p.path + "/fail"
				}
				broken, _, text, status = verified(t, url+p.path+"/items", "-c", file, "--failing", url+failing)
				return broken, text, status
			}
			before := p.conf()
			broken, _, status := verify(before)
			if status != cli.ExitFailed {
				t.Errorf("before: status %d, %q broken", status, broken)
			}
			t.Logf("before: %s", broken)
			after := p.fixed(t, before)
			if broken, text, status := verify(after); status != cli.ExitOK {
				t.Errorf("after: status %d, %q broken: %s\n%v", status, broken, text, after)
			}
		})
	}
}

// TestFixNginxDown has an application that is down: pages can read the 502.
func TestFixNginxDown(t *testing.T) {
	t.Parallel()
	p := nginxProject{http: strings.Replace(tutorialNginx, "APP", "127.0.0.1:1", 1), want: stacks.Want{Set: meantValues}}
	f := &fault{url: "{url}/api/items", origin: "http://localhost:3000"}
	before := p.conf()
	url, stop := p.start(t, before)
	v, _, out := checked(t, f, url)
	stop()
	if v.Error == nil || v.Findings[0].Cause != "gateway-error-without-cors" {
		t.Errorf("before: %s", out)
	}
	url, _ = p.start(t, p.fixed(t, before))
	if v, _, out := checked(t, f, url); v.Error != nil {
		t.Errorf("after: %s", out)
	}
	f.args = []string{"-X", "PUT", "-H", "Content-Type: application/json"}
	if v, _, out := checked(t, f, url); v.Error != nil {
		t.Errorf("after, with a preflight: %s", out)
	}
}
