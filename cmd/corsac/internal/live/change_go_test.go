package live_test

import (
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/policyfile"
)

// goProjects are the projects of the golden files, with the path to ask for and
// what verify still reports about each afterwards.
var goProjects = map[string]struct{ path, left string }{
	"blank": {"/items", ""}, "default_mux": {"/items", ""}, "helper": {"/items", ""}, "auth_first": {"/items", ""}, "other_file": {"/items", ""}, "path": {"/api/items", ""},
	"corsac": {"/items", ""}, "corsac_settings": {"/items", ""}, "rs": {"/items", ""}, "rs_patterns": {"/items", ""}, "jub0bs": {"/items", ""},
	"chi": {"/items", ""}, "gorilla": {"/items", ""}, "gin_late": {"/items", ""}, "gin_hand": {"/items", ""}, "echo": {"/items", ""}, "fiber": {"/items", ""},
}

// TestChangeGo runs the projects of the golden files before and after the change:
// a page cannot use them before, and can afterwards, and verify finds nothing.
func TestChangeGo(t *testing.T) {
	quick := []string{"blank", "helper", "rs", "gin_hand"} // the others run with make live
	for name, project := range goProjects {
		t.Run(name, func(t *testing.T) {
			if !slices.Contains(quick, name) {
				needLive(t)
			}
			t.Parallel()
			text, err := os.ReadFile(filepath.Join("..", "stacks", "testdata", "change", "go", name+".txtar"))
			if err != nil {
				t.Fatal(err)
			}
			stack, want, files := projectOf(txtar.Parse(text))
			args := []string{"--origin", "http://localhost:3000", "-X", "PUT", "-H", "Content-Type: application/json"}
			if want.Sets("allow_credentials") {
				args = append(args, "--credentials", "include")
			}
			if want.Path != "" {
				args = args[:2] // no method and no header is wanted there
			}
			before, stop := goProject(t, files).start(t)
			if out, status := corsac(t, append([]string{"check", before + project.path}, args...)...); status != cli.ExitFailed {
				t.Fatalf("before: status %d: %s", status, out)
			}
			stop()
			after, _ := goProject(t, changedProject(t, stack, want, files)).start(t)
			if out, status := corsac(t, append([]string{"check", after + project.path}, args...)...); status != cli.ExitOK {
				t.Fatalf("after: status %d: %s", status, out)
			}
			policy, err := want.Policy(&stacks.Draft{})
			if err != nil {
				t.Fatal(err)
			}
			yaml, err := policyfile.Marshal(map[string]cors.Policy{"app": *policy})
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "corsac.yaml")
			if err := os.WriteFile(file, yaml, 0o600); err != nil {
				t.Fatal(err)
			}
			if left, warned, out, _ := verified(t, after+project.path, "-c", file); left != project.left {
				t.Errorf("verify reports %q (and warns of %q), want %q\n%s", left, warned, project.left, out)
			}
		})
	}
}

// TestWrittenGo runs the middleware that is written into projects without a
// package for CORS, for policies that use everything.
func TestWrittenGo(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "stacks", "testdata", "policies.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	policies, err := policyfile.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range policies {
		t.Run(name, func(t *testing.T) {
			if name != "reference" {
				needLive(t)
			}
			t.Parallel()
			yaml, err := policyfile.Marshal(map[string]cors.Policy{"app": p})
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "corsac.yaml")
			if err := os.WriteFile(file, yaml, 0o600); err != nil {
				t.Fatal(err)
			}
			files := map[string]string{"go.mod": "module example.com/app\n\ngo 1.26\n", "main.go": goItems}
			url, _ := goProject(t, changedProject(t, "go", wantOf(t, &p), files)).start(t)
			if broken, _, out, _ := verified(t, url+"/items", "-c", file, "--failing", url+"/fail"); broken != "" {
				t.Errorf("verify reports %q\n%s", broken, out)
			}
			if name == "reference" {
				streams(t, url+"/stream")
			}
		})
	}
}

// TestWrittenGoFiles checks that files which handlers send through the middleware
// that is written are still sent by the writer around it, in one step, and that
// http.ResponseController finds that writer.
func TestWrittenGoFiles(t *testing.T) {
	t.Parallel()
	want := &stacks.Want{Set: map[string][]string{"allow_origins": {"https://app.example.com"}}}
	files := changedProject(t, "go", want, map[string]string{"go.mod": "module example.com/app\n\ngo 1.26\n", "main.go": goItems})
	files["cors_test.go"] = goFilesTest
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", "test", ".")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

const goFilesTest = `package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"
)

// outer is a writer that counts how often it is given something to read.
type outer struct {
	http.ResponseWriter
	reads int
}

func (w *outer) ReadFrom(src io.Reader) (int64, error) {
	w.reads++
	return io.Copy(w.ResponseWriter, src)
}

func (w *outer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func TestFiles(t *testing.T) {
	handler := withCORS(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Error(err)
		}
		http.ServeFile(w, r, "main.go")
	}))
	reads := make(chan int, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o := &outer{ResponseWriter: w}
		handler.ServeHTTP(o, r)
		reads <- o.reads
	}))
	defer server.Close()
	req, _ := http.NewRequest("GET", server.URL, nil)
	req.Header.Set("Origin", "https://app.example.com")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	want, _ := os.ReadFile("main.go")
	if err != nil || string(got) != string(want) || res.Header.Get("Access-Control-Allow-Origin") != "https://app.example.com" {
		t.Errorf("%v: %d bytes, want %d; %v", err, len(got), len(want), res.Header)
	}
	if n := <-reads; n != 1 {
		t.Errorf("the file was read %d times by the writer around it, want 1", n)
	}
}
`

// goItems is a program whose handlers set headers of their own, stream and take
// over connections.
const goItems = `package main

import (
	"fmt"
	"log"
	"net/http"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("/items", func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"Origin", "Credentials"} {
			w.Header().Set("Access-Control-Allow-"+name, "*")
		}
		w.Header().Set("Vary", "Accept-Encoding, X-Origin")
		w.Header().Set("X-Total-Count", "1")
		fmt.Fprint(w, "[1]")
	})
	mux.HandleFunc("/fail", func(w http.ResponseWriter, r *http.Request) { http.Error(w, "failed", http.StatusInternalServerError) })
	mux.HandleFunc("/stream", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "first")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	log.Fatal(http.ListenAndServe(":8080", mux))
}
`

// streams checks that what a handler flushes arrives before its end.
func streams(t *testing.T, url string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", "https://app.example.com")
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	buffer := make([]byte, 5)
	if _, err := io.ReadFull(res.Body, buffer); err != nil || string(buffer) != "first" || res.Header.Get("Access-Control-Allow-Origin") == "" {
		t.Errorf("%q, %v, %v", buffer, err, res.Header)
	}
}

// wantOf returns what asks for a whole policy.
func wantOf(t *testing.T, p *cors.Policy) *stacks.Want {
	t.Helper()
	snippet := stacks.Lookup("go").Snippet(p).Code
	top, main, _ := strings.Cut(snippet, "// In main")
	fsys := fstest.MapFS{"main.go": {Data: []byte("package main\n\n" + top + "\nfunc main() {\n//" + main + "\n}\n")}}
	sites := stacks.Lookup("go").Source.Read(source.NewTree("", fsys, []string{"main.go"}))
	if len(sites) != 1 {
		t.Fatal(snippet)
	}
	w := &stacks.Want{Set: map[string][]string{}}
	for _, e := range sites[0].Draft.Entries {
		w.Set[e.Field] = append(w.Set[e.Field], e.Value)
	}
	return w
}

// projectOf returns what a golden file of package stacks begins with.
func projectOf(archive *txtar.Archive) (stack string, want *stacks.Want, files map[string]string) {
	want, files = &stacks.Want{Set: map[string][]string{}}, map[string]string{}
	for word := range strings.FieldsSeq(string(archive.Comment)) {
		name, value, ok := strings.Cut(word, "=")
		name = strings.TrimSuffix(name, "+")
		switch {
		case !ok:
			stack = word
		case name == "path":
			want.Path = value
		default:
			want.Set[name] = append(want.Set[name], value)
		}
	}
	for _, f := range archive.Files {
		if name, ok := strings.CutPrefix(f.Name, "before/"); ok {
			files[name] = strings.ReplaceAll(string(f.Data), "␍", "\r")
		}
	}
	return stack, want, files
}

// changedProject returns the files of a project after the change of a stack.
func changedProject(t *testing.T, stack string, want *stacks.Want, files map[string]string) map[string]string {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	tree := source.NewTree("", fsys, slices.Sorted(maps.Keys(files)))
	src := stacks.Lookup(stack).Source
	change, err := src.Change(tree, src.Read(tree), want)
	if err != nil {
		t.Fatal(err)
	}
	after := maps.Clone(files)
	for name, edits := range change.Edits {
		if after[name], err = source.Apply(files[name], edits); err != nil {
			t.Fatal(err)
		}
	}
	maps.Copy(after, change.Files)
	return after
}

// goProject returns a server of a project in Go, which is built with the modules
// of bench.
func goProject(t *testing.T, files map[string]string) *server {
	t.Helper()
	root, err := filepath.Abs("../../../..")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{files: map[string]string{}}
	main := "."
	for name, text := range files {
		if strings.Contains(text, "func main()") {
			main = "./" + path.Dir(name)
		}
		s.files[name] = strings.NewReplacer("127.0.0.1:8080", "127.0.0.1:{port}", ":8080", "127.0.0.1:{port}").Replace(text)
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(root, "bench", name))
		if err != nil {
			t.Fatal(err)
		}
		s.files[name] = strings.NewReplacer(
			"module github.com/corsac-dev/corsac/bench", "module example.com/app", "github.com/corsac-dev/corsac => ..", "github.com/corsac-dev/corsac => "+root,
		).Replace(string(text))
	}
	s.command = []string{"sh", "-c", "cd {dir} && GOFLAGS=-mod=mod go build -o server.exe " + main + " && exec ./server.exe"}
	return s
}
