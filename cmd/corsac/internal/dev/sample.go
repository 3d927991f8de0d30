package dev

import (
	"context"
	"embed"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/demo"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/devroute"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/localnet"
)

//go:embed sample
var sampleFiles embed.FS

// Sample starts a page and an API, each on an origin of its own, and returns the
// settings with them. They run until ctx is done.
func Sample(ctx context.Context, s *Settings) (*Settings, error) {
	page, err := fs.Sub(sampleFiles, "sample")
	if err != nil {
		return nil, err
	}
	web, err := serveSample(ctx, http.FileServerFS(page))
	if err != nil {
		return nil, err
	}
	api, err := serveSample(ctx, demo.NewAPI())
	if err != nil {
		return nil, err
	}
	with := *s
	with.Proxy.Routes = []devroute.Route{{Path: "/api", Upstream: api.String(), StripPrefix: true}}
	return with.WithWeb(web)
}

// serveSample serves a handler on a free port of localhost until ctx is done.
func serveSample(ctx context.Context, h http.Handler) (*url.URL, error) {
	ls, _, err := localnet.Listen(ctx, "127.0.0.1", 0)
	if err != nil {
		return nil, err
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	for _, l := range ls {
		go func() { _ = srv.Serve(l) }()
	}
	context.AfterFunc(ctx, func() { _ = srv.Close() })
	return &url.URL{Scheme: "http", Host: ls[0].Addr().(*net.TCPAddr).String()}, nil
}
