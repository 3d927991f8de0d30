package diagnose

import (
	"context"
	"errors"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
)

// TestCancelledIsNotKept checks that a diagnosis that is cancelled leaves nothing
// behind: another asks the same again, even if it is already waiting.
func TestCancelledIsNotKept(t *testing.T) {
	answer := &reply{Answer: &check.Answer{Status: 200}}
	cut := &reply{Answer: &check.Answer{Err: context.Canceled}}

	t.Run("while the request is under way", func(t *testing.T) {
		h := newHost(true, 2)
		ctx, cancel := context.WithCancel(t.Context())
		asked, waiting := make(chan bool), make(chan *reply)
		go func() {
			<-asked
			r, _ := h.once(t.Context(), "key", func() *reply { return answer })
			waiting <- r
		}()
		r, ours := h.once(ctx, "key", func() *reply {
			asked <- true
			cancel()
			return cut
		})
		if r != cut || !ours {
			t.Errorf("the one that is cancelled: %v, %t", r, ours)
		}
		if r := <-waiting; r != answer {
			t.Errorf("the one that waits: %+v", r)
		}
		if h.left != 0 {
			t.Errorf("%d requests left", h.left)
		}
	})

	t.Run("before a place is free", func(t *testing.T) {
		h := newHost(true, 1)
		for range cap(h.free) {
			h.free <- struct{}{}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if r, ours := h.once(ctx, "key", func() *reply { return answer }); r != nil || ours {
			t.Errorf("%v, %t", r, ours)
		}
		<-h.free
		if r, ours := h.once(t.Context(), "key", func() *reply { return answer }); r != answer || !ours {
			t.Errorf("another: %v, %t", r, ours)
		}
	})

	t.Run("a failure of the server is kept", func(t *testing.T) {
		h := newHost(true, 1)
		failed := &reply{Answer: &check.Answer{Err: errors.New("refused")}}
		h.once(t.Context(), "key", func() *reply { return failed })
		if r, ours := h.once(t.Context(), "key", func() *reply { return answer }); r != failed || ours {
			t.Errorf("%v, %t", r, ours)
		}
	})
}
