package check

import (
	"context"
	"iter"
	"sync"
)

// InOrder calls do(0) to do(n-1), at most workers of them at a time and a few
// ahead, and yields the results in order. It stops early when ctx is done,
// after waiting for the calls in flight.
func InOrder[T any](ctx context.Context, n, workers int, do func(context.Context, int) T) iter.Seq[T] {
	return func(yield func(T) bool) {
		var running sync.WaitGroup
		defer running.Wait()
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		results := make(chan chan T, 4*workers)
		running.Go(func() {
			defer close(results)
			free := make(chan struct{}, workers)
			for i := range n {
				result := make(chan T, 1)
				if !sent(ctx, free, struct{}{}) || !sent(ctx, results, result) {
					return
				}
				running.Go(func() {
					defer func() { <-free }()
					result <- do(ctx, i)
				})
			}
		})
		for result := range results {
			if r := <-result; ctx.Err() != nil || !yield(r) {
				return
			}
		}
	}
}

// sent sends v, unless ctx is done first.
func sent[T any](ctx context.Context, c chan<- T, v T) bool {
	select {
	case c <- v:
		return true
	case <-ctx.Done():
		return false
	}
}
