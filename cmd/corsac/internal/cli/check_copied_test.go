package cli_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
)

// arrived is a request, later copied, as the server saw it.
type arrived struct {
	URL, Method string
	Arrived     bool
	Headers     [][2]string
	Body        []byte `json:"body_base64"`
}

// lossy lists requests that copies do not preserve. Chromium: cmd.exe cannot
// have control characters or characters beyond ASCII, a shell cannot have NUL,
// and bytes of the browser become text. Firefox: a shell gets bytes for
// characters below U+0100, only the last of several lines, no files, and no
// body of DELETE.
var lossy = map[string]string{
	"chromium/post-control": "bash cmd", "chromium/post-nasty": "cmd", "chromium/put-json": "cmd", "chromium/post-lines": "cmd",
	"chromium/xhr-post": "cmd", "chromium/binary": "bash cmd fetch node", "chromium/multipart": "bash cmd fetch node",
	"firefox/delete-body": "bash cmd", "firefox/post-lines": "bash cmd", "firefox/post-nasty": "bash cmd", "firefox/multipart": "bash cmd fetch",
	"firefox/binary": "bash cmd fetch", "firefox/post-control": "bash cmd", "firefox/put-json": "bash cmd", "firefox/xhr-post": "bash",
}

// modeless lists copies that do not show that the request was not made by fetch
// in mode cors.
var modeless = map[string]string{"chromium/no-cors": "bash cmd fetch node", "chromium/image": "fetch node", "firefox/no-cors": "fetch", "firefox/image": "fetch"}

// TestCheckCopied checks copies from the developer tools of browsers: the
// server must see the request that the page made.
func TestCheckCopied(t *testing.T) {
	var requests seen
	handler := func(w http.ResponseWriter, r *http.Request) {
		requests.add(r)
		for name, asked := range map[string]string{"Origin": "Origin", "Methods": "Access-Control-Request-Method", "Headers": "Access-Control-Request-Headers"} {
			w.Header().Set("Access-Control-Allow-"+name, r.Header.Get(asked))
		}
		w.Header().Set("Access-Control-Allow-Credentials", "true")
	}
	secure := httptest.NewTLSServer(http.HandlerFunc(handler))
	t.Cleanup(secure.Close)
	args := []string{"--from", "auto", "-", "--json", "-k", "--connect-to", ":48104:127.0.0.1:" + port(secure.URL)}
	for _, p := range []string{"48101", "48102"} {
		args = append(args, "--connect-to", ":"+p+":127.0.0.1:"+port(corsServer(t, handler)))
	}
	files, err := filepath.Glob(filepath.Join("..", "paste", "testdata", "*", "*.json"))
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		var want arrived
		readJSON(t, file, &want)
		base := strings.TrimSuffix(file, ".json")
		for _, form := range []string{"bash", "cmd", "fetch", "node"} {
			text, err := os.ReadFile(base + "." + form + ".txt")
			script := form == "fetch" || form == "node"
			if err != nil || !want.Arrived || script && (strings.HasPrefix(want.URL, "ws") || strings.HasSuffix(base, ".preflight")) {
				continue // not copied in this form, never sent, or impossible with fetch
			}
			browser := filepath.Base(filepath.Dir(base))
			c := copied{arrived: want, name: browser + "/" + filepath.Base(base), form: form}
			t.Run(c.name+" "+form, func(t *testing.T) {
				profile := strings.Replace(browser, "chromium", "chrome", 1)
				out, errs, status := corsacCheck(t, string(text), append(args, append(c.args(), "--passive", "--profile", profile)...)...)
				sent, bodies := requests.drain()
				if status > 1 || len(sent) == 0 {
					t.Fatalf("status %d: %s%s", status, errs, out)
				}
				if strings.HasSuffix(c.name, ".preflight") { // check makes the whole request
					sent = sent[:1]
				}
				c.hold(t, sent[len(sent)-1], bodies[len(sent)-1])
			})
		}
	}
}

// copied is a request, copied in some form.
type copied struct {
	arrived
	name, form string
}

// args returns flags for what the copy does not say.
func (c *copied) args() []string {
	if _, known := c.header("Origin"); known && strings.Contains(c.name, "/sandboxed") && (c.form == "fetch" || c.form == "node") {
		return []string{"--origin", "null"}
	}
	return nil
}

func (c *copied) header(name string) (string, bool) {
	for _, h := range c.Headers {
		if strings.EqualFold(h[0], name) {
			return h[1], true
		}
	}
	return "", false
}

// hold compares the request that the server saw with that of the page.
func (c *copied) hold(t *testing.T, got *http.Request, body string) {
	t.Helper()
	_, after, _ := strings.Cut(c.URL, "://")
	_, path, _ := strings.Cut(after, "/")
	if got.Method != c.Method || got.RequestURI != "/"+path {
		t.Errorf("%s %s, want %s %s", got.Method, got.RequestURI, c.Method, c.URL)
	}
	lost := strings.Contains(lossy[c.name], c.form)
	if !lost && body != string(c.Body) {
		t.Errorf("body %q, want %q", body, c.Body)
	}
	for _, h := range c.Headers {
		switch name := strings.ToLower(h[0]); {
		case slices.Contains([]string{
			"host", "connection", "accept-encoding", "content-length", "sec-websocket-key", "sec-websocket-extensions",
			"accept-language", "user-agent", "priority",
		}, name), strings.HasPrefix(name, "sec-ch-"):
			continue // a header of the connection, or irrelevant here
		case strings.HasPrefix(name, "sec-fetch-") && strings.Contains(modeless[c.name], c.form):
			continue
		case name == "cookie" && (c.form == "fetch" || strings.HasPrefix(c.URL, "ws")):
			continue // not copied
		case name == "content-type" && lost:
			continue
		}
		if value := got.Header.Get(h[0]); value != h[1] {
			t.Errorf("%s: %q, want %q", h[0], value, h[1])
		}
	}
}

func readJSON(t *testing.T, file string, v any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestCheckSet checks that the values that a paste leaves open are named with their
// lines, and that --set gives them.
func TestCheckSet(t *testing.T) {
	api := corsServer(t, func(w http.ResponseWriter, _ *http.Request) { allow(w) })
	paste := "fetch(`" + api + "/${id}?x=${\n  slug}`)"
	_, errs, status := corsacCheck(t, paste, "--from", "auto", "-", "--origin", testOrigin)
	want := "corsac: line 1 of the paste: the value of id is unknown\ncorsac: line 2 of the paste: the value of slug is unknown\n" +
		"  write values into the paste, or add --set id=… --set slug=…; any will do if only CORS matters\n"
	if status != cli.ExitUsage || errs != want {
		t.Errorf("status %d\n%s", status, errs)
	}
	out, errs, status := corsacCheck(t, paste, "--from", "auto", "-", "--origin", testOrigin, "--set", "id=42", "--set", "slug=a=b")
	if status != 0 || !strings.Contains(out, "GET "+api+"/42?x=a=b from") {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
	for args, want := range map[string]string{
		"--from auto - --set id": `--set "id" is not a name and its value`,
		api + " --set id=1":      "--set gives values to a paste, so it needs --from",
		"--from auto - --set id=1 --set slug=2 --set ids=3 --set=$X=4": "corsac: the paste has no use for a value of X, ids\n  the names that it leaves open: id, slug\n",
	} {
		if _, errs, status := corsacCheck(t, paste, append(strings.Fields(args), "--origin", testOrigin)...); status != cli.ExitUsage || !strings.Contains(errs, want) {
			t.Errorf("%s: status %d\n%s", args, status, errs)
		}
	}
}
