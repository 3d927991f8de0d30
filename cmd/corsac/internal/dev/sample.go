package dev

import (
	"context"
	"embed"
	"io/fs"
	"net/http"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/demo"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/localnet"
)

//go:embed sample
var sampleFiles embed.FS

// Sample starts a page and an API, each on an origin of its own, and returns flags
// that name them. They run until ctx is done.
func Sample(ctx context.Context, f Flags) (Flags, error) {
	page, err := fs.Sub(sampleFiles, "sample")
	if err != nil {
		return f, err
	}
	web, err := serveSample(ctx, http.FileServerFS(page))
	if err != nil {
		return f, err
	}
	api, err := serveSample(ctx, demo.NewAPI())
	if err != nil {
		return f, err
	}
	f.Web, f.APIs = web, []string{"/api=" + api + ",strip-prefix"}
	return f, nil
}

// serveSample serves a handler on a free port of this machine until ctx is done, and
// returns its URL.
func serveSample(ctx context.Context, h http.Handler) (string, error) {
	ls, _, err := localnet.Listen(ctx, "127.0.0.1", 0)
	if err != nil {
		return "", err
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	for _, l := range ls {
		go func() { _ = srv.Serve(l) }()
	}
	context.AfterFunc(ctx, func() { _ = srv.Close() })
	return "http://" + ls[0].Addr().String(), nil
}
