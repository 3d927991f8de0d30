package inspector

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/record"
)

// The bounds of followers.
const (
	maxFollowers = 32
	maxBatch     = 250                    // rows of an event
	pause        = 100 * time.Millisecond // between events
	heartbeat    = 15 * time.Second       // at most, without an event
	patience     = 10 * time.Second       // for a follower to read an event, usually
)

// followers counts who follows the list.
type followers struct {
	n        atomic.Int32
	patience time.Duration
}

func (f *followers) enter() bool {
	if f.n.Add(1) <= maxFollowers {
		return true
	}
	f.n.Add(-1)
	return false
}

func (f *followers) leave() { f.n.Add(-1) }

// eventID returns the ID of an event after which a version of the ring is known.
func (in *Inspector) eventID(version uint64) string {
	return in.epoch + "-" + strconv.FormatUint(version, 10)
}

// after returns the version of the ring that a follower knows. What comes from
// another run of corsac, or is not an ID, is false.
func (in *Inspector) after(id string) (uint64, bool) {
	version, ok := strings.CutPrefix(id, in.epoch+"-")
	n, err := strconv.ParseUint(version, 10, 64)
	return n, ok && err == nil
}

// change is an event: rows that are new or have changed, the oldest ID that there
// still is, and the routes as they are now.
type change struct {
	Rows   []row    `json:"rows"`
	First  uint64   `json:"first"`
	Routes []faulty `json:"routes"`
}

// serveEvents sends what changes, as it changes. A follower resumes with
// Last-Event-ID; the event "reset" says that it has to ask for the list again.
func (in *Inspector) serveEvents(w http.ResponseWriter, r *http.Request) {
	if !in.followers.enter() {
		refuse(w, http.StatusServiceUnavailable, "too-many", fmt.Sprintf("the inspector is open in more than %d tabs", maxFollowers))
		return
	}
	defer in.followers.leave()
	w.Header().Set("Content-Type", "text/event-stream")
	s := stream{w: w, c: http.NewResponseController(w), patience: in.followers.patience}
	defer func() { _ = s.c.SetWriteDeadline(time.Time{}) }() // for what comes next on the connection
	after, ok := in.after(r.Header.Get("Last-Event-ID"))
	if !ok {
		_ = s.send("reset", "", struct{}{})
		return
	}
	world := in.now()
	for {
		b := in.ring.Since(after, maxBatch)
		if in.now() != world { // everything may be judged differently
			_ = s.send("reset", "", struct{}{})
			return
		}
		c := change{Rows: []row{}, First: b.First, Routes: in.routesNow()}
		for i := range b.Exchanges {
			c.Rows = append(c.Rows, in.rowOf(world, &b.Exchanges[i]))
		}
		after = b.Next
		if s.send("change", in.eventID(after), c) != nil || !wait(r.Context(), &b) {
			return
		}
	}
}

// wait returns once there is something to send: a change, or a sign of life. It is
// false if the follower has left.
func wait(ctx context.Context, b *record.Batch) bool {
	again := time.NewTimer(pause) // so that many changes become one event
	defer again.Stop()
	select {
	case <-again.C:
	case <-ctx.Done():
		return false
	}
	if b.More {
		return true
	}
	again.Reset(heartbeat)
	select {
	case <-b.Changed:
	case <-again.C:
	case <-ctx.Done():
		return false
	}
	return true
}

// stream writes events (https://html.spec.whatwg.org/#server-sent-events).
type stream struct {
	w        http.ResponseWriter
	c        *http.ResponseController
	patience time.Duration
}

// send writes an event. A follower that does not read is an error.
func (s *stream) send(event, id string, v any) error {
	data, err := json.Marshal(v) // on one line
	if err != nil {
		return err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "event: %s\n", event)
	if id != "" {
		fmt.Fprintf(&b, "id: %s\n", id)
	}
	fmt.Fprintf(&b, "data: %s\n\n", data)
	if err := s.c.SetWriteDeadline(time.Now().Add(s.patience)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := s.w.Write(b.Bytes()); err != nil {
		return err
	}
	return s.c.Flush()
}
