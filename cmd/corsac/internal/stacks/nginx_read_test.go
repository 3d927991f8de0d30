package stacks_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
)

// projectOf returns a tree of files. The key of a file may say how it is read,
// such as nginx.conf.
func projectOf(files map[string]string) *source.Tree {
	fsys, names := fstest.MapFS{}, []string{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
		names = append(names, name)
	}
	slices.Sort(names)
	return source.NewTree("/etc/nginx", fsys, names)
}

// readSites returns what a stack reads in files, a line per site.
func readSites(stack string, files map[string]string) (sites []*stacks.Site, text string) {
	sites = stacks.Lookup(stack).Source.Read(projectOf(files))
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
			p := e.File.Place(e.Start)
			fmt.Fprintf(&b, "  %s: %s @%d:%d\n", e.Field, e.Value, p.Line, p.Column)
		}
		for _, r := range s.Draft.Remarks {
			p := r.File.Place(r.Start)
			fmt.Fprintf(&b, "  %s @%d:%d %s\n", r.Kind, p.Line, p.Column, r.Text)
		}
		for _, f := range s.Faults {
			p := f.File.Place(f.Start)
			fmt.Fprintf(&b, "  %s %s:%d:%d", f.Rule.ID, p.File, p.Line, p.Column)
			if len(f.Edits) > 0 {
				b.WriteString(" (edit)")
			}
			b.WriteString("\n")
		}
	}
	return sites, b.String()
}

func TestScratch(t *testing.T) {
	for _, text := range []string{`server { listen 80;
location /api/ {
    add_header 'Access-Control-Allow-Origin' '*';
    add_header 'Access-Control-Allow-Methods' 'GET, POST, OPTIONS';
    add_header 'Access-Control-Allow-Headers' 'Authorization,Content-Type';
    proxy_pass http://127.0.0.1:8000;
}}`, `server { listen 80;
    location / {
     if ($request_method = 'OPTIONS') {
        add_header 'Access-Control-Allow-Origin' '*';
        add_header 'Access-Control-Allow-Methods' 'GET, POST, OPTIONS';
        add_header 'Access-Control-Allow-Headers' 'DNT,User-Agent,X-Requested-With';
        add_header 'Access-Control-Max-Age' 1728000;
        add_header 'Content-Type' 'text/plain; charset=utf-8';
        add_header 'Content-Length' 0;
        return 204;
     }
     if ($request_method = 'POST') {
        add_header 'Access-Control-Allow-Origin' '*' always;
     }
     if ($request_method = 'GET') {
        add_header 'Access-Control-Allow-Origin' '*' always;
        add_header 'Access-Control-Expose-Headers' 'Content-Length,Content-Range' always;
     }
     proxy_pass http://b;
    }
}`, `server {
  set $cors '';
  if ($http_origin ~* 'https?://(localhost|www\.yourdomain\.com|app.example.com)') { set $cors 'true'; }
  location / {
    auth_basic x;
    if ($request_method = OPTIONS) { set $cors "${cors}options"; }
    if ($cors = 'true') {
       add_header 'Access-Control-Allow-Origin' "$http_origin";
       add_header 'Access-Control-Allow-Credentials' 'true';
    }
    if ($cors = 'trueoptions') {
       add_header 'Access-Control-Allow-Origin' "$http_origin";
       add_header 'Access-Control-Allow-Credentials' 'true';
       add_header 'Access-Control-Allow-Methods' "PUT";
       return 204;
    }
    proxy_pass http://b;
  }
}`, `http { map $http_origin $ok { default ""; "https://a.example" $http_origin; ~\.example\.org$ $http_origin; }
server { listen 8080; add_header Access-Control-Allow-Origin $ok; add_header Access-Control-Allow-Credentials true;
error_page 502 /50x.html;
location / { root x; }
location /b { add_header X-Y z; proxy_pass http://x; }
location = /50x.html { internal; add_header A b; }
}}`} {
		_, out := readSites("nginx", map[string]string{"nginx.conf": text})
		t.Log("\n" + out)
	}
	p := fullPolicy()
	code := stacks.Lookup("nginx").Snippet(p).Code
	m, l, _ := strings.Cut(code, "# Part 2: in the location {}\n")
	_, out := readSites("nginx", map[string]string{"nginx.conf": "http {\n" + m + "\nserver {\nlocation / {\n" + l + "\nproxy_pass http://a;\n}\n}\n}"})
	t.Log("\n" + out)
}
