package dev

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/record"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/rewrite"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
)

// TestLiveOmits checks that each exchange is printed or counted, and that no more are
// printed than people can read.
func TestLiveOmits(t *testing.T) {
	ring := record.NewRing(1000, 1<<24)
	h := record.Handler(http.NotFoundHandler(), ring, "x")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	const n = maxLines + 300
	for range n {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
	}
	var ids []uint64
	omitted := 0
	new(Live).Follow(ctx, ring, Sink{
		Exchange: func(x *record.Exchange) { ids = append(ids, x.ID) },
		Omitted: func(more int) {
			if omitted += more; len(ids)+omitted == n {
				cancel()
			}
		},
	})
	if len(ids)+omitted != n || omitted == 0 {
		t.Errorf("%d exchanges are printed, and %d are counted", len(ids), omitted)
	}
	for i, id := range ids {
		if i > 0 && id <= ids[i-1] {
			t.Errorf("exchange %d is printed after %d", id, ids[i-1])
		}
	}
}

// TestLiveAdd checks that in the mode add, the log says what the server alone would have
// meant, in both forms.
func TestLiveAdd(t *testing.T) {
	ring := record.NewRing(10, 1<<20)
	in, err := inspector.New(inspector.Options{Ring: ring, Current: func() inspector.Current { return inspector.Current{} }})
	if err != nil {
		t.Fatal(err)
	}
	const page = "http://localhost:5173"
	h := record.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		before := r.URL.Query().Get("server")
		record.Note(w, record.Proxied{Mode: "add", Sent: "http://localhost:8080/", Changes: []rewrite.Change{{Header: "Access-Control-Allow-Origin", Before: before, After: page}}})
		w.Header().Set("Access-Control-Allow-Origin", page)
	}), ring, "x")
	for _, target := range []string{"/", "/?server=*"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
		r.Header.Set("Origin", page)
		r.Header.Set("Sec-Fetch-Mode", "cors")
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	live := &Live{Inspector: in}
	var text, lines bytes.Buffer
	for _, sink := range []Sink{live.Text(&text, terminal.Palette{}), live.Log(slog.New(slog.NewTextHandler(&lines, nil)))} {
		for _, x := range ring.Since(0, 10).Exchanges {
			sink.Exchange(&x)
		}
	}
	for _, want := range []string{
		"  /  corsac added CORS; the server alone: blocked: The server's response has no CORS headers", "  /?server=*  corsac added CORS; the server alone: allowed\n",
		"cors=blocked", "cors=allowed", "corsac_added=Access-Control-Allow-Origin\n",
	} {
		if !strings.Contains(text.String()+lines.String(), want) {
			t.Errorf("%q is not in\n%s%s", want, &text, &lines)
		}
	}
}

// TestLiveUnknown checks that the log says why it is not known what CORS decides.
func TestLiveUnknown(t *testing.T) {
	ring := record.NewRing(10, 1<<20)
	current := inspector.Current{Web: &url.URL{Scheme: "http", Host: "localhost:5173"}}
	in, err := inspector.New(inspector.Options{Ring: ring, Current: func() inspector.Current { return current }})
	if err != nil {
		t.Fatal(err)
	}
	h := record.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		record.Note(w, record.Proxied{Route: "/api", Mode: "same-origin", Sent: "http://localhost:8080/api/x", Changes: []rewrite.Change{{Header: "Origin", Before: "http://localhost:4100", After: "http://localhost:8080"}}})
	}), ring, "x")
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "http://localhost:4100/api/x", nil)
	r.Header = http.Header{"Origin": {"http://localhost:4100"}, "Sec-Fetch-Site": {"same-origin"}, "Sec-Fetch-Mode": {"cors"}, "Sec-Fetch-Dest": {"empty"}}
	h.ServeHTTP(httptest.NewRecorder(), r)
	var text bytes.Buffer
	for _, x := range ring.Since(0, 10).Exchanges {
		(&Live{Inspector: in}).Text(&text, terminal.Palette{}).Exchange(&x)
	}
	if want := "  /api/x  CORS: unknown. The server was not asked for permission: PUT.\n"; !strings.HasSuffix(text.String(), want) {
		t.Errorf("%q is not in\n%s", want, &text)
	}
}
