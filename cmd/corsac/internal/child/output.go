package child

import (
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"
)

const (
	// chunkSize is how much is read at once, and maxChunks how many wait for the
	// writer: 1 MiB.
	chunkSize = 32 << 10
	maxChunks = 32
	// writePatience is how long a full queue waits for its writer before output is
	// left out, and before the end.
	writePatience = 2 * time.Second
	// endPatience is how long the pipe may stay open when all processes have ended:
	// one that has left the session may still have it.
	endPatience = time.Second
)

// output passes on what a command prints.
type output struct {
	from    *os.File
	chunks  chan []byte
	lost    atomic.Int64
	read    chan struct{} // closed when there is nothing more to read
	written chan struct{} // closed when everything is written
}

// pass passes on what comes from a pipe, until its end, to a search and to a writer,
// which may be nil.
func pass(from *os.File, s *search, to io.Writer) *output {
	if to == nil {
		to = io.Discard
	}
	o := &output{from: from, chunks: make(chan []byte, maxChunks), read: make(chan struct{}), written: make(chan struct{})}
	go o.readAll(s)
	go o.writeAll(to)
	return o
}

func (o *output) readAll(s *search) {
	defer close(o.read)
	defer close(o.chunks)
	late := false // the writer has used up its patience
	for {
		chunk := make([]byte, chunkSize)
		n, err := o.from.Read(chunk)
		if chunk = chunk[:n]; n > 0 {
			s.print(chunk)
			late = !o.put(chunk, late)
		}
		if err != nil {
			return
		}
	}
}

// put gives a chunk to the writer, and waits for that one unless it is late already.
func (o *output) put(chunk []byte, late bool) bool {
	select {
	case o.chunks <- chunk:
		return true
	default:
	}
	if !late {
		timer := time.NewTimer(writePatience)
		defer timer.Stop()
		select {
		case o.chunks <- chunk:
			return true
		case <-timer.C:
		}
	}
	o.lost.Add(int64(len(chunk)))
	return false
}

// writeAll writes what is there. A writer that fails gets what follows, too: what to
// do about it is the caller's business, and the command must not wait.
func (o *output) writeAll(to io.Writer) {
	defer close(o.written)
	for chunk := range o.chunks {
		_, _ = to.Write(chunk)
		o.reportLoss(to)
	}
	o.reportLoss(to)
}

// reportLoss says how much of the output was left out. What was in the queue at that
// time follows, so the place is not exact.
func (o *output) reportLoss(to io.Writer) {
	if lost := o.lost.Swap(0); lost > 0 {
		fmt.Fprintf(to, "\n[corsac left out %d bytes of output: it came faster than it could be written]\n", lost)
	}
}

// finish waits, not for long, until everything is read and written.
func (o *output) finish() {
	select {
	case <-o.read:
		_ = o.from.Close()
	case <-time.After(endPatience):
		go func() { _ = o.from.Close() }() // on Windows, it waits for what is being read
	}
	select {
	case <-o.written:
	case <-time.After(writePatience):
	}
}
