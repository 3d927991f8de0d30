package live_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/corsac-dev/corsac/conformance/chromium"
	"github.com/corsac-dev/corsac/conformance/internal/seed"
	"github.com/corsac-dev/corsac/conformance/meaning"
	"github.com/corsac-dev/corsac/cors"
)

var (
	seedFlag = flag.Uint64("seed", 0, "seed of the policies; 0 means CORSAC_SEED, or a new one")
	rounds   = flag.Int("policies", 12, "how many policies")
)

// perPage is the number of requests that a page makes to each of the two
// servers with a policy.
const perPage = 3

// seen is what a page saw of a request.
type seen struct {
	Readable bool     `json:"readable"`
	Status   int      `json:"status"`
	Headers  []string `json:"headers"`
}

// call is a request as script makes it.
type call struct {
	URL         string      `json:"url"`
	Method      string      `json:"method,omitempty"`
	Headers     [][2]string `json:"headers"`
	Body        bool        `json:"body"`
	Credentials string      `json:"credentials"`
}

const script = `Promise.all(%s.map(async (c) => {
	try {
		const r = await fetch(c.url, {
			method: c.method, headers: c.headers, body: c.body ? "text" : undefined, credentials: c.credentials,
		});
		return {readable: true, status: r.status, headers: [...r.headers.keys()]};
	} catch {
		return {readable: false, status: 0, headers: []};
	}
}))`

func TestPolicies(t *testing.T) {
	ctx := chromium.Start(t, 5*time.Minute)
	s := seed.Of(t, *seedFlag)
	r := rand.New(rand.NewPCG(s, 0))
	ground := pages(t)
	m := new(cors.Middleware)
	middleware := httptest.NewServer(m.Wrap(application()))
	t.Cleanup(middleware.Close)
	gateway := newGateway(t)
	made, readable := 0, 0
	for range *rounds {
		p := drawPlain(r, ground)
		if err := m.Reconfigure(p.Policy); err != nil {
			t.Fatal(err)
		}
		stop := gateway.serve(t, p.Policy)
		for _, page := range ground.Pages {
			var asked []*meaning.Request
			var calls []call
			for range perPage {
				q := ground.DrawRequest(r, p, "")
				q.Page = page
				for _, server := range []string{middleware.URL, gateway.url} {
					at := *q
					at.Server = server
					asked = append(asked, &at)
					calls = append(calls, newCall(&at, made+len(calls)))
				}
			}
			for i, got := range visit(ctx, t, page, calls) {
				made++
				if got.Readable {
					readable++
				}
				if err := judge(p, asked[i], got); err != nil {
					t.Errorf("%v\nrequest %+v\npolicy %+v\nreplay with: cd conformance && GOWORK=off go test -run %s ./live -seed %d", err, *asked[i], p.Policy, t.Name(), s)
				}
			}
		}
		stop()
		if t.Failed() {
			return
		}
	}
	t.Logf("%d requests, %d readable", made, readable)
	if share := float64(readable) / float64(made); share < 0.1 || share > 0.9 {
		t.Errorf("script could read %d of %d responses, which proves little", readable, made)
	}
}

// drawPlain draws a policy that can be written to a file.
func drawPlain(r *rand.Rand, g *meaning.Ground) *meaning.Policy {
	for {
		if p := g.DrawPolicy(r); p.AllowOriginFunc == nil {
			return p
		}
	}
}

// judge compares what a page saw with what the policy means.
func judge(p *meaning.Policy, q *meaning.Request, got seen) error {
	if want := meaning.FactsOf(p, q, true).Allowed(); got.Readable != want {
		return fmt.Errorf("readable: %t, and the policy says %t", got.Readable, want)
	}
	if !got.Readable {
		return nil
	}
	for _, name := range []string{"content-type", "etag", "x-one", "x-two", "set-cookie", "server"} {
		if has := slices.Contains(got.Headers, name); has != p.Exposes(name) {
			return fmt.Errorf("header %s readable: %t, and the policy says %t", name, has, p.Exposes(name))
		}
	}
	return nil
}

// newCall gives each call its own URL, because the browser remembers
// preflights, even those that an earlier policy allowed.
func newCall(q *meaning.Request, n int) call {
	c := call{URL: fmt.Sprintf("%s/items/%d", q.Server, n), Method: q.Method, Body: q.Body, Credentials: q.Credentials, Headers: [][2]string{}}
	for _, h := range q.Headers {
		c.Headers = append(c.Headers, [2]string{h.Name, h.Value})
	}
	return c
}

// visit makes calls from a page of an origin.
func visit(ctx context.Context, t *testing.T, page string, calls []call) []seen {
	t.Helper()
	text, err := json.Marshal(calls)
	if err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(page+"/")); err != nil {
		t.Fatal(err)
	}
	result, err := chromedp.Run(ctx, chromedp.Evaluate[[]seen](fmt.Sprintf(script, text), chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	if len(result) != len(calls) {
		t.Fatalf("%d answers to %d calls", len(result), len(calls))
	}
	return result
}

// pages serves empty pages on several origins of this machine. In Chromium,
// names below localhost are loopback.
func pages(t *testing.T) *meaning.Ground {
	t.Helper()
	empty := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "text/html") })
	first, second := httptest.NewServer(empty), httptest.NewServer(empty)
	t.Cleanup(first.Close)
	t.Cleanup(second.Close)
	one, two := port(first.URL), port(second.URL)
	return &meaning.Ground{
		Pages: []string{
			"http://localhost:" + one, "http://localhost:" + two, "http://127.0.0.1:" + one,
			"http://app.localhost:" + one, "http://a.app.localhost:" + two,
		},
		Patterns: []string{
			"http://localhost:" + one, "http://localhost:*", "http://127.0.0.1:*", "http://127.0.0.1:" + one, "http://*.localhost:" + one,
			"http://*.localhost:*", "http://*.app.localhost:" + two, "http://app.localhost:*", "http://nobody.localhost:1",
		},
	}
}

func port(url string) string { return url[strings.LastIndexByte(url, ':')+1:] }

// application is a server without CORS.
func application() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range map[string]string{
			"Content-Type": "text/plain", "Etag": `"e"`, "X-One": "1", "X-Two": "2", "Set-Cookie": "a=b", "Server": "s",
		} {
			w.Header().Set(name, value)
		}
	})
}

// gateway is the program in front of the application.
type gateway struct {
	binary, file, url, listen, upstream string
}

func newGateway(t *testing.T) *gateway {
	t.Helper()
	upstream := httptest.NewServer(application())
	t.Cleanup(upstream.Close)
	l, n, err := chromium.Listen()
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	g := &gateway{
		binary: build(t), file: filepath.Join(t.TempDir(), "corsac.yaml"),
		listen: fmt.Sprintf("127.0.0.1:%d", n), url: fmt.Sprintf("http://127.0.0.1:%d", n), upstream: upstream.URL,
	}
	return g
}

// build builds the program, and returns its path.
func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "corsac")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".")
	cmd.Dir = filepath.Join("..", "..", "cmd", "corsac")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

// serve runs the gateway with a policy until stop is called.
func (g *gateway) serve(t *testing.T, p cors.Policy) (stop func()) {
	t.Helper()
	text, err := json.Marshal(map[string]any{ // JSON is YAML
		"policies": map[string]cors.Policy{"p": p},
		"gateway": map[string]any{
			"listen": g.listen, "routes": []map[string]string{{"path": "/", "upstream": g.upstream, "policy": "p"}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(g.file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, g.binary, "serve", "-c", g.file)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait() // killed at the end
		close(done)
	}()
	stop = func() { cancel(); <-done }
	if err := g.wait(ctx, done); err != nil {
		stop()
		t.Fatalf("%v: %s\n%s", err, out.String(), text)
	}
	return stop
}

var errEnded = errors.New("corsac serve has ended")

// wait returns when the gateway listens.
func (g *gateway) wait(ctx context.Context, done <-chan struct{}) error {
	for range 1000 {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", g.listen)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-done:
			return errEnded
		case <-time.After(10 * time.Millisecond):
		}
	}
	return errors.New("corsac serve does not listen")
}
