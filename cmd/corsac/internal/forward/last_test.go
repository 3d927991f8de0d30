package forward_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
)

// TestLast checks that the last response of a connection says so, but not over HTTP/3,
// whose clients refuse a response with Connection.
func TestLast(t *testing.T) {
	for major, want := range map[int]string{1: "close", 2: "close", 3: ""} {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
		r.ProtoMajor = major
		in := forward.Accept(w, r, &forward.Terms{})
		var ending atomic.Bool
		in.LastIf(&ending)
		ending.Store(true)
		in.WriteHeader(http.StatusOK)
		if got := w.Header().Get("Connection"); got != want {
			t.Errorf("HTTP/%d: Connection %q, want %q", major, got, want)
		}
	}
}
