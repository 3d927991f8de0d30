package check

import (
	"bufio"
	"context"
	"io"
	"time"
)

// watchEvery is how long [Watch] waits between two calls.
const watchEvery = 2 * time.Second

// Watch calls once every two seconds, and on every line of in, until it reports
// true or an error, or ctx is done.
func Watch(ctx context.Context, in io.Reader, once func() (done bool, err error)) error {
	entered := make(chan struct{})
	if in != nil {
		go func() {
			for s := bufio.NewScanner(in); s.Scan(); {
				select {
				case entered <- struct{}{}:
				case <-ctx.Done():
					return
				}
			}
		}()
	}
	for {
		if done, err := once(); done || err != nil {
			return err
		}
		select {
		case <-time.After(watchEvery):
		case <-entered:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
