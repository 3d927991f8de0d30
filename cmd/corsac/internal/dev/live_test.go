package dev

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/record"
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
