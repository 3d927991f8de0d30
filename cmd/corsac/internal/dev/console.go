package dev

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"

	"github.com/cli/browser"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/shell"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
)

// Console is the terminal of somebody who runs corsac dev.
type Console struct {
	In      io.Reader
	Out     io.Writer
	Palette terminal.Palette
}

// AskForAddress asks where the page's server listens.
func (c *Console) AskForAddress(ctx context.Context) (*url.URL, error) {
	fmt.Fprint(c.Out, "Where does it listen? Type its port or address: ")
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(io.LimitReader(c.In, 1<<10)).ReadString('\n')
		answer <- strings.TrimSpace(line)
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case text := <-answer:
		return config.ParseWeb(text)
	}
}

// Keys lets single keys act until ctx is done: q calls stop. Undo must be called at
// the end.
func (c *Console) Keys(ctx context.Context, stop func(), r *Runner) (undo func()) {
	if !terminal.Is(c.Out) {
		return func() {}
	}
	keys, restore, ok := terminal.Keys(c.In)
	if !ok {
		return func() {}
	}
	fmt.Fprintf(c.Out, "  %s\n\n", c.Palette.Faint("q quits, o opens the page, c clears the list"))
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case key := <-keys:
				switch key {
				case 'q':
					stop()
				case 'o':
					r.OpenPage()
				case 'c':
					r.Ring().Clear()
					terminal.Clear(c.Out)
				}
			}
		}
	}()
	return restore
}

// OpenPage opens the page in a browser.
func (r *Runner) OpenPage() {
	if err := browser.OpenURL(r.URL()); err != nil {
		r.Log.Warn("no browser could be started", "reason", err)
	}
}

// Announce prints the addresses.
func (c *Console) Announce(r *Runner, sample bool) {
	fmt.Fprintf(c.Out, "%s  %s\n\n", c.Palette.Strong("corsac dev"), c.Palette.Good(r.URL()))
	if sample {
		fmt.Fprintf(c.Out, "  a sample page and API; with your own: %s\n\n", c.Palette.Strong(shell.Command([]string{"corsac", "dev", "--api", ":8080", "--web", ":5173"})))
	}
	lines := r.Settings.Lines()
	width := 0
	for _, line := range lines {
		width = max(width, len(line[0]))
	}
	for _, line := range lines {
		fmt.Fprintf(c.Out, "  %-*s  %s\n", width, line[0], c.Palette.Faint(line[1]))
	}
	if host, _, _ := net.SplitHostPort(r.Settings.Listen); host == "" || net.ParseIP(host).IsUnspecified() {
		fmt.Fprintf(c.Out, "\n  %s\n", c.Palette.Notice("everybody on your network can reach this; --listen localhost:PORT is for this machine only"))
	}
	fmt.Fprintf(c.Out, "\n  what CORS decides: %s\n\n", r.InspectorURL())
}
