package dev_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/browsertest"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/dev"
)

// TestBrowserSample checks that every call of the sample works.
func TestBrowserSample(t *testing.T) {
	ctx := browsertest.Start(t)
	flags := dev.Flags{Listen: "localhost:0"}
	empty, err := dev.Combine(flags, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !empty.IsEmpty() {
		t.Errorf("%+v is not empty", empty)
	}
	if flags, err = dev.Sample(t.Context(), flags); err != nil {
		t.Fatal(err)
	}
	s, err := dev.Combine(flags, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &dev.Runner{Settings: s, Log: slog.New(slog.DiscardHandler)}
	if err := r.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	serveUntilEnd(t, r)
	console := browsertest.Listen(ctx, t)
	visit(ctx, t, r.URL())
	script[bool](ctx, t, `for (const button of document.querySelectorAll("button")) button.click(); return true`)
	until(ctx, t, `[...document.querySelectorAll("output")].every((it) => it.textContent !== "")`)
	got := script[[]string](ctx, t, `return [...document.querySelectorAll("output")].map((it) => it.textContent)`)
	want := []string{`200 OK [{`, `200 OK {"id":1,"name":"corsac fox"}`, `200 OK {"name":"Ada Lovelace"`, `500 Internal Server Error {"error":`}
	if len(got) != len(want) {
		t.Fatalf("%q, want %q", got, want)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("%s, want %s", got[i], want[i])
		}
	}
	for _, line := range console.Lines() {
		if !strings.Contains(line, "500 (Internal Server Error)") {
			t.Errorf("the console says: %s", line)
		}
	}
}
