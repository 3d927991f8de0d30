package main

import (
	"context"
	_ "embed"
	"time"

	"github.com/corsac-dev/corsac/conformance/firefox"
)

//go:embed netmonitor.js
var netmonitorJS string

// firefoxFilters are in the syntax of Firefox's Network panel.
var firefoxFilters = filters{HAR: "-regexp:" + unexported, Copied: copied}

// browseFirefox does in Firefox what browseChromium does in Chromium, with the
// toolbox attached.
func browseFirefox(ctx context.Context, binary, profile string) (*visit, error) {
	b, err := firefox.Open(ctx, binary, profile, patience, "")
	if err != nil {
		return nil, err
	}
	defer b.Close()
	v := &visit{}
	var opened bool
	for _, step := range []func() error{
		func() error { return b.Await(firefox.Chrome, netmonitorJS+"return open();", &opened) },
		func() error { return b.Navigate(pageOrigin + "/") },
		func() error { return b.Await(firefox.Content, "return each();", &v.did) },
		func() error {
			time.Sleep(time.Second) // the browser's messages about the last request come after it
			return b.Await(firefox.Chrome, netmonitorJS+"return everything("+firefoxFilters.json()+");", &v.view)
		},
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return v, nil
}
