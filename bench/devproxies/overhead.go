//go:build linux

package main

import (
	"context"
	"io"
	"time"
)

func (b *bed) measure(ctx context.Context, out io.Writer, rounds int, chunk time.Duration) error {
	return nil
}
