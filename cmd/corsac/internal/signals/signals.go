// Package signals turns the signals of a process into the end of a context, or into
// requests to read a configuration again.
package signals

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
)

// ErrHangup is the cause of a context that SIGHUP has ended.
var ErrHangup = errors.New("SIGHUP")

type key struct{}

// hangups are the signals SIGHUP of a process.
type hangups struct {
	taken atomic.Bool
	c     chan struct{}
}

// Context returns a context that the first signal ends; a second one kills.
// SIGHUP, which Windows never sends, is ignored if whoever started the program
// asked for that, as nohup does.
func Context(ctx context.Context) context.Context {
	h := &hangups{c: make(chan struct{}, 1)}
	ctx, stop := context.WithCancelCause(context.WithValue(ctx, key{}, h))
	signals := make(chan os.Signal, 2)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
	}
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		var cause error
		for s := range signals {
			if s != syscall.SIGHUP {
				break
			}
			if !h.taken.Load() {
				cause = ErrHangup
				break
			}
			select {
			case h.c <- struct{}{}:
			default: // one is waiting
			}
		}
		signal.Stop(signals)
		if h.taken.Load() {
			signal.Ignore(syscall.SIGHUP) // it would kill a program that is stopping
		}
		stop(cause)
	}()
	return ctx
}

// Hangups returns a channel that gets SIGHUP from now on, which then no longer ends
// ctx. It is nil if ctx is not from [Context].
func Hangups(ctx context.Context) <-chan struct{} {
	h, ok := ctx.Value(key{}).(*hangups)
	if !ok {
		return nil
	}
	h.taken.Store(true)
	return h.c
}
