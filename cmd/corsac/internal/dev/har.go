package dev

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/record"
)

const (
	// maxContent is the longest body in a HAR file, in bytes, and maxHARBytes bounds
	// what is kept for one.
	maxContent  = 1 << 20
	maxHARBytes = 256 << 20
	// harInterval is how often a file is written while requests come.
	harInterval = 5 * time.Second
)

// HAR is a HAR file of what has been recorded.
type HAR struct {
	File string
	// Secrets says that the file may have what is masked elsewhere.
	Secrets bool
	// Version is corsac's version.
	Version string
}

// Follow writes the file every few seconds while a ring changes, and at the end, when
// ctx is done. The error is that of the last time.
func (h *HAR) Follow(ctx context.Context, ring *record.Ring) (err error) {
	timer := time.NewTicker(harInterval)
	defer timer.Stop()
	for written := uint64(0); ; {
		select {
		case <-ctx.Done():
			return h.write(ring)
		case <-timer.C:
			if now := ring.Since(^uint64(0), 0).Next; now != written {
				if err = h.write(ring); err == nil {
					written = now
				}
			}
		}
	}
}

// write replaces the file in one step.
func (h *HAR) write(ring *record.Ring) error {
	exchanges := ring.Snapshot()
	if h.Secrets {
		for i := range exchanges {
			exchanges[i] = ring.Revealed(exchanges[i])
		}
	}
	var text bytes.Buffer
	if err := record.WriteHAR(&text, h.Version, exchanges); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(h.File), ".corsac-*.har")
	if err != nil {
		return err
	}
	_, err = io.Copy(f, &text)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), h.File)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
