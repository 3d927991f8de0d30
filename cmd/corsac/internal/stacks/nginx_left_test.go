package stacks

import (
	"strings"
	"testing"
)

// TestNginxLeft checks that an include that cannot be followed is a remark and a
// fault, and that a change says so where it matters.
func TestNginxLeft(t *testing.T) {
	const allow = "add_header Access-Control-Allow-Origin https://a.example always; proxy_hide_header Access-Control-Allow-Origin; proxy_pass http://127.0.0.1:9000;"
	for name, c := range map[string]struct {
		files map[string]string
		left  string // where the include is
		noted bool   // by a change
	}{
		"in the location":   {map[string]string{"nginx.conf": inServer("location / {\ninclude snippets/missing.conf;\n" + allow + "\n}")}, "nginx.conf:5:1", true},
		"above":             {map[string]string{"nginx.conf": inServer("include /etc/nginx/snippets/cors.conf;\nlocation / {\n" + allow + "\n}")}, "nginx.conf:4:1", true},
		"below":             {map[string]string{"nginx.conf": inServer(allow[:strings.Index(allow, " proxy")] + "\nlocation / {\nproxy_pass http://127.0.0.1:9000;\ninclude a.conf;\n}")}, "nginx.conf:7:1", true},
		"in another server": {map[string]string{"nginx.conf": inServer("location / {\n" + allow + "\n}\n}\nserver {\nlisten 81;\ninclude a.conf;\n")}, "nginx.conf:10:1", false},
		"circle":            {map[string]string{"nginx.conf": inServer("location / {\n" + allow + "\n}\ninclude a.conf;"), "a.conf": "include a.conf;"}, "a.conf:1:1", true},
		"ordinary":          {map[string]string{"nginx.conf": inServer("include mime.types; include conf.d/*.conf;\nlocation / {\n" + allow + "\n}"), "x": ""}, "", false},
		"alone":             {map[string]string{"nginx.conf": inServer("location / {\n" + allow + "\n}\ninclude /etc/nginx/conf.d/*.conf;")}, "nginx.conf:7:1", true},
	} {
		t.Run(name, func(t *testing.T) {
			sites, text := nginxSites(c.files)
			if strings.Contains(text, "could not be followed") != (c.left != "") || !strings.Contains(text, c.left+")") {
				t.Errorf("%s", text)
			}
			n := 0
			for _, s := range sites {
				for _, f := range s.Faults {
					if f.Rule == nginxIncludeMissing {
						n++
					}
				}
			}
			if n == 1 != (c.left != "") {
				t.Errorf("%d faults", n)
			}
			_, change, err := nginxChanged(t, c.files, &Want{Set: map[string][]string{"allow_origins": {"https://b.example"}}})
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(strings.Join(change.Notes, "\n"), "could not be followed") != c.noted {
				t.Errorf("%q", change.Notes)
			}
		})
	}
}

// TestNginxDump checks that the output of nginx -T is read as the files that it has.
func TestNginxDump(t *testing.T) {
	const dump = `# configuration file /etc/nginx/nginx.conf:
events {}
http {
	include conf.d/*.conf;
}

# configuration file /etc/nginx/conf.d/a.conf:
server {
	listen 80;
	location / {
		include /etc/nginx/snippets/cors.conf;
		proxy_pass http://127.0.0.1:9000;
	}
	location /admin/ {
		include snippets/auth.conf;
	}
}
# configuration file /etc/nginx/snippets/cors.conf:
add_header Access-Control-Allow-Origin * always;
# configuration file /etc/nginx/snippets/auth.conf:
deny all;
`
	_, text := nginxSites(map[string]string{"nginx.conf": dump})
	const want = `location / (nginx.conf) to http://127.0.0.1:9000
  allow_origins: * (nginx.conf:19:40)
`
	if text != want {
		t.Errorf("%s", text)
	}
}

// TestNginxSeveral checks that of several configurations the one that has the
// location is changed, and named, or that the user is asked.
func TestNginxSeveral(t *testing.T) {
	files := map[string]string{
		"nginx.conf":     inServer("location / { proxy_pass http://127.0.0.1:9001; }"),
		"two/nginx.conf": inServer("location / { proxy_pass http://127.0.0.1:9002; }\nlocation /two/ { proxy_pass http://127.0.0.1:9003; }"),
	}
	w := &Want{Set: map[string][]string{"allow_origins": {"https://a.example"}}, Path: "/two/"}
	after, change, err := nginxChanged(t, files, w)
	if err != nil || after["nginx.conf"] != files["nginx.conf"] || !strings.Contains(after["two/nginx.conf"], "https://a.example") || !strings.Contains(strings.Join(change.Notes, "\n"), "this is about two/nginx.conf") {
		t.Errorf("%v, %v\n%s", err, change, after["two/nginx.conf"])
	}
	w.Path = "/three/"
	if _, _, err := nginxChanged(t, files, w); err == nil || !strings.Contains(err.Error(), "nginx.conf, two/nginx.conf; run") {
		t.Error(err)
	}
}
