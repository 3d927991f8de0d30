package dev

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/child"
	"github.com/corsac-dev/corsac/origin"
)

// patience is how long a command may take to say where it listens, before somebody
// is asked.
const patience = 30 * time.Second

// Command is the command that starts the page's server.
type Command struct {
	*child.Child

	// Ask asks for the address of the server, if it is not known in time. Nil means
	// that nobody can be asked.
	Ask func(ctx context.Context) (*url.URL, error)
	// Patience is how long the address is waited for. 0 means half a minute.
	Patience time.Duration
	// Log gets a warning if the command listens elsewhere than the settings say. Nil
	// means none.
	Log *slog.Logger
}

// UnknownError is the error if a command does not say where it listens.
type UnknownError struct{ After time.Duration }

// Error says how long it was waited for.
func (e *UnknownError) Error() string {
	return fmt.Sprintf("the command has not said within %s where it listens", e.After)
}

// StartCommand starts a command for settings, whose APIs are not its server.
func StartCommand(ctx context.Context, args []string, out io.Writer, s *Settings) (*Command, error) {
	var taken []uint16
	for _, r := range s.Proxy.Routes {
		if o, err := origin.ParseURL(r.Upstream); err == nil && o.AddressSpace() == origin.SpaceLoopback {
			taken = append(taken, o.Port())
		}
	}
	c, err := child.Start(ctx, args, child.Options{Out: out, Exclude: func(port uint16) bool { return slices.Contains(taken, port) }})
	if err != nil {
		return nil, err
	}
	return &Command{Child: c}, nil
}

// Web returns the address of the page's server. The error is a [*child.EndedError] if
// the command ends before, an [*UnknownError], or that of ctx.
func (c *Command) Web(ctx context.Context) (*url.URL, error) {
	patience := cmp.Or(c.Patience, patience)
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	u, err := c.Address(bounded)
	switch {
	case err == nil:
		return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
	case ctx.Err() != nil || bounded.Err() == nil:
		return nil, err
	case c.Ask != nil:
		return c.Ask(ctx)
	}
	return nil, &UnknownError{patience}
}

// Run serves with the command's server as the page, until either ends. It returns the
// exit status of the command; an error is that of Web or of serve.
func (c *Command) Run(ctx context.Context, s *Settings, serve func(context.Context, *Settings) error) (status int, err error) {
	serving, stop := context.WithCancel(ctx)
	defer stop()
	if s.Proxy.Web == nil {
		var u *url.URL
		if u, err = c.Web(ctx); err == nil {
			s, err = s.WithWeb(u)
		}
	} else {
		go c.warnOfOther(serving, s.Proxy.Web)
	}
	if err == nil {
		go func() {
			<-c.Done()
			stop()
		}()
		err = serve(serving, s)
	}
	if ctx.Err() != nil {
		err = nil
	}
	return c.End(), err
}

// End ends the command as Ctrl-C does, and returns its exit status.
func (c *Command) End() int {
	_ = c.Signal(os.Interrupt) // which fails only if it has ended
	c.Stop(child.DefaultGrace)
	return c.Wait()
}
