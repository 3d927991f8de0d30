package stacks

import (
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/nginxconf"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// nginxChanged returns the files of a project after a change.
func nginxChanged(t *testing.T, files map[string]string, w *Want) (map[string]string, *Change, error) {
	t.Helper()
	tree, s := nginxTree(files), Lookup("nginx").Source
	change, err := s.Change(tree, s.Read(tree), w)
	if err != nil {
		return files, nil, err
	}
	after := maps.Clone(files)
	for name, edits := range change.Edits {
		text, err := source.Apply(files[name], edits)
		if err != nil {
			t.Fatalf("%s: %v: %+v", name, err, edits)
		}
		if text == files[name] {
			t.Errorf("%s: edits that change nothing: %+v", name, edits)
		}
		after[name] = text
	}
	return after, change, nil
}

// nginxWant reads what is wanted from the lines of a golden file: set FIELD: VALUES,
// add FIELD: VALUES, or path PREFIX.
func nginxWant(t *testing.T, comment string) *Want {
	t.Helper()
	w := &Want{Set: map[string][]string{}, Add: map[string][]string{}}
	for line := range strings.Lines(comment) {
		verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		field, values, _ := strings.Cut(rest, ": ")
		switch verb {
		case "set":
			w.Set[field] = strings.Fields(values)
		case "add":
			w.Add[field] = strings.Fields(values)
		case "path":
			w.Path = rest
		case "", "#":
		default:
			t.Fatalf("%q", line)
		}
	}
	return w
}

// nginxGolden is a file of testdata/nginx: what is wanted, the files before, and
// those that change, with notes or an error.
type nginxGolden struct {
	path    string
	comment string
	before  map[string]string
	rest    []txtar.File
}

func nginxGoldens(t *testing.T) (list []nginxGolden) {
	t.Helper()
	paths, err := filepath.Glob("testdata/nginx/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		archive := txtar.Parse(data)
		g := nginxGolden{path: path, comment: string(archive.Comment), before: map[string]string{}}
		for _, f := range archive.Files {
			if name, ok := strings.CutPrefix(f.Name, "before/"); ok {
				g.before[name] = string(f.Data)
			} else {
				g.rest = append(g.rest, f)
			}
		}
		list = append(list, g)
	}
	return list
}

// TestChangeNginxDynamic leaves a list alone that is known only when nginx runs,
// unless it is asked for.
func TestChangeNginxDynamic(t *testing.T) {
	files := map[string]string{"nginx.conf": inServer("location / { add_header Access-Control-Allow-Origin $arg_o always; add_header Access-Control-Allow-Methods $arg_m always; proxy_pass http://a; }")}
	w := &Want{Set: map[string][]string{"allow_origins": {"https://app.example.com"}}}
	if _, _, err := nginxChanged(t, files, w); err == nil || !strings.Contains(err.Error(), "nginx.conf, line 4: It comes from $arg_m") {
		t.Error(err)
	}
	w.Set["allow_methods"] = []string{"PUT"}
	after, _, err := nginxChanged(t, files, w)
	if text := after["nginx.conf"]; err != nil || strings.Contains(text, "$arg_") || !strings.Contains(text, "PUT") {
		t.Errorf("%v\n%s", err, text)
	}
}

// TestChangeNginx has golden files: before, after, and nothing left to change.
func TestChangeNginx(t *testing.T) {
	for _, g := range nginxGoldens(t) {
		w := nginxWant(t, g.comment)
		after, change, err := nginxChanged(t, g.before, w)
		var result []txtar.File
		for _, name := range slices.Sorted(maps.Keys(after)) {
			if after[name] != g.before[name] {
				result = append(result, txtar.File{Name: "after/" + name, Data: []byte(after[name])})
			}
		}
		if err != nil {
			result = append(result, txtar.File{Name: "error", Data: []byte(err.Error() + "\n")})
		} else {
			result = append(result, txtar.File{Name: "notes", Data: []byte(change.URL + "\n" + strings.Join(append(change.Notes, ""), "\n"))})
			again, second, err := nginxChanged(t, after, w)
			if err != nil || len(second.Edits) > 0 {
				t.Errorf("%s: the second run: %v %v", g.path, err, again)
			}
		}
		if *update {
			archive := &txtar.Archive{Comment: []byte(g.comment)}
			for _, name := range slices.Sorted(maps.Keys(g.before)) {
				archive.Files = append(archive.Files, txtar.File{Name: "before/" + name, Data: []byte(g.before[name])})
			}
			archive.Files = append(archive.Files, result...)
			if err := os.WriteFile(g.path, txtar.Format(archive), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, want := string(txtar.Format(&txtar.Archive{Files: result})), string(txtar.Format(&txtar.Archive{Files: g.rest}))
		if got != want {
			t.Errorf("%s: run go test -update if this is right:\n%s", g.path, difference(got, want))
		}
	}
}

// TestChangeNginxStarts has nginx itself read the files before and after.
func TestChangeNginxStarts(t *testing.T) {
	program := testenv.Program(t, "apt-get install nginx-light", "nginx", "/usr/sbin/nginx")
	for _, g := range nginxGoldens(t) {
		if strings.Contains(g.comment, "# nginx lacks a module") || g.before["nginx.conf"] == "" {
			continue
		}
		after, _, err := nginxChanged(t, g.before, nginxWant(t, g.comment))
		if err != nil {
			continue
		}
		for name, files := range map[string]map[string]string{"before": g.before, "after": after} {
			dir := t.TempDir()
			for file, text := range files {
				path := filepath.Join(dir, file)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				text = strings.ReplaceAll(text, "/etc/nginx/", dir+"/")
				if file == "nginx.conf" {
					text = "pid nginx.pid; events {}\n" + strings.Replace(text, "http {", "http { access_log off; client_body_temp_path t; proxy_temp_path t; fastcgi_temp_path t; uwsgi_temp_path t; scgi_temp_path t;", 1)
				}
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			out, err := exec.CommandContext(t.Context(), program, "-t", "-q", "-p", dir, "-e", "stderr", "-c", filepath.Join(dir, "nginx.conf")).CombinedOutput()
			if err != nil {
				t.Errorf("%s, %s: %v: %s", g.path, name, err, out)
			}
		}
	}
}

// FuzzChangeNginx changes hostile files: what comes out can be read again, and a
// second run has nothing to do.
func FuzzChangeNginx(f *testing.F) {
	paths, _ := filepath.Glob("testdata/nginx/*.txtar")
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range txtar.Parse(data).Files {
			if strings.HasSuffix(file.Name, "nginx.conf") {
				f.Add(string(file.Data), "https://app.example.com", "X-A")
			}
		}
	}
	f.Fuzz(func(t *testing.T, text, origin, header string) {
		files := map[string]string{"nginx.conf": text}
		w := &Want{Set: map[string][]string{"allow_origins": {origin, "https://*.example.org"}, "allow_headers": {header}, "allow_credentials": {"true"}}}
		after, change, err := nginxChanged(t, files, w)
		if err != nil || len(change.Edits) == 0 {
			return
		}
		if _, err := nginxconf.Parse(after["nginx.conf"]); err != nil {
			t.Fatalf("%v:\n%s\n%s", err, text, after["nginx.conf"])
		}
		_, second, err := nginxChanged(t, after, w)
		if err != nil || len(second.Edits) > 0 {
			t.Fatalf("the second run: %v %+v:\n%s\n%s", err, second, text, after["nginx.conf"])
		}
	})
}

func TestChangeNginxNotHere(t *testing.T) {
	_, _, err := nginxChanged(t, map[string]string{"httpd.conf": "<VirtualHost>\n</VirtualHost>\n"}, &Want{Set: map[string][]string{"allow_origins": {"https://a.example"}}})
	if !errors.Is(err, ErrNotHere) {
		t.Error(err)
	}
}

// TestChangeNginxBareLocation checks that a location without a path, which nginx
// refuses, is passed over.
func TestChangeNginxBareLocation(t *testing.T) {
	files := map[string]string{"nginx.conf": "http { server { location; location { } location / { root /srv; } error_page 404 /e.html; } }"}
	for _, path := range []string{"", "/api/"} {
		_, _, err := nginxChanged(t, files, &Want{Path: path, Set: map[string][]string{"allow_origins": {"https://a.example"}}})
		if err != nil {
			t.Errorf("%q: %v", path, err)
		}
	}
}

// TestNginxAnswersAll checks that a location that answers all requests by itself, with
// another status than preflights have elsewhere, is no reason to refuse a change.
func TestNginxAnswersAll(t *testing.T) {
	files := map[string]string{"nginx.conf": inServer("location / { proxy_pass http://127.0.0.1:9000; }\nlocation = /health { return 200 ok; }")}
	for _, w := range []*Want{
		{Set: map[string][]string{"allow_origins": {"http://localhost:4000"}}},
		{Set: map[string][]string{"allow_origins": {"http://localhost:4000"}, "allow_methods": {"PUT"}}},
	} {
		after, _, err := nginxChanged(t, files, w)
		if err != nil || !strings.Contains(after["nginx.conf"], "http://localhost:4000") {
			t.Errorf("%v: %v\n%s", w.Set, err, after["nginx.conf"])
			continue
		}
		if again, change, err := nginxChanged(t, after, w); err != nil || len(change.Edits) > 0 {
			t.Errorf("again: %v\n%s", err, again["nginx.conf"])
		}
	}
}

// TestChangeNginxPath checks that a path is one of whole segments, and that all
// requests of it are answered by locations that have the headers.
func TestChangeNginxPath(t *testing.T) {
	const pass = "proxy_pass http://127.0.0.1:3000;"
	for _, c := range []struct{ name, server, want, not, failed string }{
		{name: "blank", server: "location / { " + pass + " }", want: "location = /api {|location /api/ {", not: "location /api {"},
		{name: "exact is not all", server: "location = /api/ { return 204; } location / { " + pass + " }", want: "location /api/ {|location = /api {"},
		{name: "exact is there", server: "location = /api { return 204; } location / { " + pass + " }", want: "location /api/ {", not: pass + "\n}\n\nlocation = /api {"},
		{name: "an expression is not all", server: `location ~ ^/api/\d+$ { ` + pass + " } location / { " + pass + " }", want: "location /api/ {"},
		{name: "an expression is all", server: `location ~ ^/api(/|$) { ` + pass + " }", want: "add_header", not: "location /api/ {"},
		{name: "there", server: "location /api { " + pass + " } location / { " + pass + " }", want: "note: location /api answers paths such as /apix, too", not: "location /api/ {"},
		{name: "redirected", server: "location / { root /srv; } location /api/ { " + pass + " }", want: "add_header", not: "= /api"},
		{name: "elsewhere", server: `location ~ \.json$ { ` + pass + " } location / { " + pass + " }", want: `note: location ~ \.json$ comes before`},
		{name: "replaced", server: "location / { proxy_pass http://a/v1; }", want: "proxy_pass http://a/v1api/;|proxy_pass http://a/v1api;"},
		{name: "nested", server: "location / { location /api/v2/ { " + pass + " } " + pass + " }", failed: "has locations in it"},
		{name: "nothing", server: "root /srv;", failed: "has no location"},
	} {
		for _, path := range []string{"/api", "/api/"} {
			files := map[string]string{"nginx.conf": inServer(c.server)}
			w := &Want{Path: path, Set: map[string][]string{"allow_origins": {"https://a.example"}}}
			after, change, err := nginxChanged(t, files, w)
			if c.failed != "" {
				if err == nil || !strings.Contains(err.Error(), c.failed) {
					t.Errorf("%s: %s: %v", c.name, path, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %s: %v", c.name, path, err)
				continue
			}
			text := after["nginx.conf"] + "note: " + strings.Join(change.Notes, "\nnote: ")
			for part := range strings.SplitSeq(c.want, "|") {
				if !strings.Contains(text, part) {
					t.Errorf("%s: %s: no %s in\n%s", c.name, path, part, text)
				}
			}
			if c.not != "" && strings.Contains(text, c.not) {
				t.Errorf("%s: %s: %s in\n%s", c.name, path, c.not, text)
			}
			if _, second, err := nginxChanged(t, after, w); err != nil || len(second.Edits) > 0 {
				t.Errorf("%s: %s: second run: %v %+v", c.name, path, err, second)
			}
		}
	}
}
