package collect

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/learn"
	"github.com/corsac-dev/corsac/cors"
)

const (
	api = "https://api.example.com"
	app = "https://app.example.com"
)

// observed is a request, and the header of its response.
func observed(method, origin string, headers ...string) *http.Request {
	r := &http.Request{Method: method, Header: http.Header{"Origin": {origin}}}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	return r
}

// newCollector returns a collector, its file and its log.
func newCollector(t *testing.T) (c *Collector, name string, log *bytes.Buffer) {
	t.Helper()
	name, log = filepath.Join(t.TempDir(), "seen.log"), new(bytes.Buffer)
	c, err := New(name, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return c, name, log
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// learned returns the policy that is learned from a file.
func learned(t *testing.T, name string) []learn.Learned {
	t.Helper()
	var l learn.Learner
	n, err := l.ReadLog(strings.NewReader(read(t, name)), "")
	if err != nil || n.Unknown+n.Hostless > 0 {
		t.Fatalf("%+v, %v", n, err)
	}
	return l.Results()
}

// TestLearned checks that a policy is learned from what was collected, with the true
// numbers, and that the file has nothing private.
func TestLearned(t *testing.T) {
	c, name, log := newCollector(t)
	for range 100 {
		c.Observe(api, observed("OPTIONS", app, "Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: x-b, Content-Type"), nil)
		c.Observe(api, observed("OPTIONS", app, "Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: content-type,x-b"), nil)
		r := observed("PUT", app, "Content-Type: application/json; secret=1", "Cookie: session=secret", "X-B: secret", "Authorization: secret", "User-Agent: secret", "Referer: https://app.example.com/secret")
		r.RequestURI, r.RemoteAddr = "/secret?secret=1", "192.0.2.77:1"
		c.Observe(api, r, http.Header{"Access-Control-Expose-Headers": {"X-Total, X-Other"}, "X-Total": {"secret"}, "Set-Cookie": {"secret"}})
	}
	for _, origin := range []string{api, "null"} {
		c.Observe(api, observed("GET", origin), nil)
	}
	for _, r := range []*http.Request{
		observed("POST", app, "Sec-Fetch-Mode: navigate"), observed("POST", app, "Sec-Fetch-Mode: no-cors"), observed("POST", app, "Sec-Fetch-Site: same-origin"),
		observed("GET", "https://ws.example", "Upgrade: websocket"), observed("GET", "https://own.example", "User-Agent: x (compatible; corsac)"),
		{Method: "GET", Header: http.Header{}},
		observed("GET", "https://"+strings.Repeat("a", 300)), observed(strings.Repeat("A", 40), app),
		observed("OPTIONS", app, "Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: "+strings.Repeat("a,", 2000)),
	} {
		c.Observe(api, r, nil)
	}
	c.Close()
	list := learned(t, name)
	want := cors.Policy{
		AllowOrigins: []string{app}, AllowMethods: []string{"PUT"}, AllowHeaders: []string{"content-type", "x-b"}, ExposeHeaders: []string{"x-total"}, AllowCredentials: true,
	}
	if len(list) != 1 || list[0].Server != api || !reflect.DeepEqual(list[0].Policy, want) || list[0].Entries[0].Requests != 100 || list[0].Entries[0].Preflights != 200 {
		t.Errorf("%+v", list)
	}
	if len(list[0].Review) != 1 || list[0].Review[0].Origin != "null" {
		t.Errorf("%+v", list[0].Review)
	}
	if !Is(name) || Is("collect_test.go") || Is(os.DevNull) || Is(filepath.Join(t.TempDir(), "none")) {
		t.Error("files are not recognised")
	}
	text := read(t, name)
	if strings.Contains(text, "secret") || strings.Contains(text, "192.0.2.77") || strings.Count(text, "\n") != 3 || log.Len() > 0 {
		t.Errorf("%s%s", text, log)
	}
	if info, err := os.Stat(name); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// TestFlushes checks when a kind of request gets a line: at first, when its number has
// doubled, when an hour has passed, and at the end.
func TestFlushes(t *testing.T) {
	c, name, _ := newCollector(t)
	now := time.Now()
	var counts []string
	see := func(n int, after time.Duration) {
		for range n {
			c.Observe(api, observed("GET", app), nil)
		}
		before := len(read(t, name))
		now = now.Add(after)
		c.flush(now, false)
		count := "-"
		if line := read(t, name)[before:]; line != "" {
			_, rest, _ := strings.Cut(line, learn.CountField+`":`)
			count, _, _ = strings.Cut(rest, ",")
		}
		counts = append(counts, count)
	}
	see(1, interval)
	see(0, interval)
	see(1, interval)
	see(1, interval)
	see(1, interval)
	see(3, interval)
	see(0, time.Hour)
	c.Observe(api, observed("GET", app), nil)
	c.Close()
	if got := strings.Join(counts, " "); got != "1 - 1 - 2 - 3" || learned(t, name)[0].Requests != 8 {
		t.Errorf("%s, %+v", got, learned(t, name))
	}
}

// TestBounds checks that neither memory nor the file grows without end, and that what is
// left out is logged.
func TestBounds(t *testing.T) {
	c, name, log := newCollector(t)
	for i := range MaxKinds + 10 {
		c.Observe(api, observed("GET", fmt.Sprintf("https://%d.example", i)), nil)
	}
	c.flush(time.Now(), false)
	if len(c.kinds) != 0 || !strings.Contains(log.String(), "count=10") {
		t.Errorf("%d kinds, log %s", len(c.kinds), log)
	}
	size := len(read(t, name))
	c.file.size = MaxFile - 10
	log.Reset()
	for range 3 {
		c.Observe(api, observed("GET", app), nil)
		c.flush(time.Now(), false)
	}
	if strings.Count(log.String(), "the file has 64 MiB") != 1 || len(read(t, name)) != size {
		t.Errorf("%d bytes, log %s", len(read(t, name)), log)
	}
	c.Close()
}

// TestFiles checks that a file is continued after what an earlier program has left in
// it, that several programs can share it, and that only a file will do.
func TestFiles(t *testing.T) {
	_, name, _ := newCollector(t)
	if err := os.WriteFile(name, []byte(`{"request":{"meth`), 0o644); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 4 {
		c, err := New(name, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			for i := range 300 {
				c.Observe(api, observed("GET", fmt.Sprintf("https://%d.example", i)), nil)
				if i%50 == 0 {
					c.flush(time.Now(), true)
				}
			}
			c.Close()
		})
	}
	all.Wait()
	var l learn.Learner
	n, err := l.ReadLog(strings.NewReader(read(t, name)), "")
	if err != nil || n.Lines != 1201 || n.Unknown != 1 || n.Used != 1200 {
		t.Errorf("%+v, %v", n, err)
	}
	if info, err := os.Stat(name); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if _, err := New(t.TempDir(), nil); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a folder: %v", err)
	}
	if _, err := New(filepath.Join(t.TempDir(), "x", "y"), nil); err == nil {
		t.Error("a folder that does not exist")
	}
}

// FuzzLine checks that every line is one that is understood, whatever clients send.
func FuzzLine(f *testing.F) {
	f.Add("https", "api.example.com", app, "PUT", "x-a,\"\n\x1b", "application/json")
	f.Fuzz(func(t *testing.T, scheme, host, origin, method, names, content string) {
		k, ok := kindOf(scheme+"://"+host, observed("OPTIONS", origin, "Access-Control-Request-Method: "+method, "Access-Control-Request-Headers: "+names, "Content-Type: "+content), nil)
		if !ok {
			return
		}
		line := (&counted{k, 7}).line()
		if bytes.ContainsAny(line, "\n\r\x1b") || len(line) > learn.MaxLine {
			t.Errorf("%q", line)
		}
		var l learn.Learner
		if n, err := l.ReadLog(bytes.NewReader(line), ""); err != nil || n.Lines != 1 || n.Unknown > 0 {
			t.Errorf("%s: %+v, %v", line, n, err)
		}
	})
}
