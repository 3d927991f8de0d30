// Package demo is a tour of corsac: a sample API without CORS, a page on
// another origin, and corsac's own gateway in front of the API. The page makes
// the same calls directly and through corsac, and shows side by side what
// happened.
//
// Nothing is simulated. All three are servers on their own ports, the gateway
// is that of corsac serve with the policy that the page shows, and the browser
// decides whether a call is blocked. For what the page cannot see, it asks a
// recording of what went over the wire, which it also offers as a HAR file. The
// console message and the cause of a blocked call are those that packages fetch
// and cause derive from the recording.
//
// All servers listen only on loopback addresses.
package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/record"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/signals"
	"github.com/corsac-dev/corsac/fetch"
)

// Ports that are tried first. Such servers often use them, so the addresses
// look familiar.
const (
	DefaultPagePort    = 3000
	DefaultAPIPort     = 9000
	DefaultGatewayPort = 8080
)

// AnyPort means any free port.
const AnyPort = -1

// Options say how to start a [Demo]. The zero value is ready to use.
type Options struct {
	// Host is the host of all three addresses: localhost (the default) or a
	// loopback IP address.
	Host string

	// Ports to try first. If one is in use, the following ports are tried, and
	// then any free port. 0 means the default.
	PagePort, APIPort, GatewayPort int

	// Next are the commands that the page suggests as next steps.
	Next []Command

	// Version is corsac's version, for the HAR file.
	Version string

	// Logger gets what goes wrong in the servers. Nil logs nothing.
	Logger *slog.Logger
}

// Command is a command line and what it does. In the line, {page}, {api} and
// {gateway} stand for the addresses.
type Command struct {
	Line string // for example "corsac check {api}/items --origin {page}"
	Does string // a short sentence, without a full stop
}

// shutdownTime is how long Close waits for requests in flight.
const shutdownTime = 2 * time.Second

// Demo is a running tour.
type Demo struct {
	host               string
	page, api, gateway *server
	failed             chan error // the first failure of a server
	done               chan struct{}
	err                error // valid once done is closed
	stop               func()
}

// Start starts the three servers. They run until ctx is done or Close is
// called.
func Start(ctx context.Context, o Options) (*Demo, error) {
	host, err := CheckHost(o.Host)
	if err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	d := &Demo{
		host:   host,
		failed: make(chan error, 3),
		done:   make(chan struct{}),
	}
	if err := d.listen(ctx, o); err != nil {
		d.closeListeners()
		return nil, err
	}
	if err := d.handle(o); err != nil {
		d.closeListeners()
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	d.stop = sync.OnceFunc(cancel)
	for _, s := range d.servers() {
		s.serve(d.failed)
	}
	go d.watch(ctx, o.Logger)
	return d, nil
}

// listen opens the ports of the three servers.
func (d *Demo) listen(ctx context.Context, o Options) (err error) {
	for _, s := range []struct {
		to               **server
		name             string
		wanted, standard int
	}{
		{&d.page, "page", o.PagePort, DefaultPagePort},
		{&d.api, "API", o.APIPort, DefaultAPIPort},
		{&d.gateway, "gateway", o.GatewayPort, DefaultGatewayPort},
	} {
		if s.wanted == 0 {
			s.wanted = s.standard
		}
		if *s.to, err = newServer(ctx, s.name, d.host, s.wanted, o.Logger); err != nil {
			return err
		}
	}
	return nil
}

// handle sets the handlers of the three servers. The ports must be known,
// because the policy and the page contain them.
func (d *Demo) handle(o Options) error {
	file, err := policyFile(d.PageURL(), d.gateway.address(), d.APIURL())
	if err != nil {
		return err
	}
	through, err := newGateway(file, o.Logger)
	if err != nil {
		return fmt.Errorf("the demo's own policy: %w", err)
	}
	origin, err := fetch.NewPage(fetch.PageConfig{Origin: d.PageURL()})
	if err != nil {
		return err
	}
	e := &explainer{page: origin, bases: map[string]string{apiServer: d.APIURL(), gatewayServer: d.GatewayURL()}}
	wire := newWireLog(o.Version, e)
	page, err := newPage(pageData{
		Origin:  d.PageURL(),
		API:     d.APIURL(),
		Gateway: d.GatewayURL(),
		Policy:  string(file),
		Next:    d.fillIn(o.Next),
		Calls:   calls,

		explainer: e,
	}, wire)
	if err != nil {
		return err
	}
	d.page.handle(page)
	d.api.handle(record.Handler(NewAPI(), wire.ring, apiServer))
	d.gateway.handle(record.Handler(through, wire.ring, gatewayServer))
	return nil
}

// fillIn replaces the placeholders in commands by addresses.
func (d *Demo) fillIn(commands []Command) []Command {
	r := strings.NewReplacer("{page}", d.PageURL(), "{api}", d.APIURL(), "{gateway}", d.GatewayURL())
	var filled []Command
	for _, c := range commands {
		filled = append(filled, Command{Line: r.Replace(c.Line), Does: c.Does})
	}
	return filled
}

// watch stops the demo when ctx is done or a server fails.
func (d *Demo) watch(ctx context.Context, log *slog.Logger) {
	var failure error
	select {
	case <-ctx.Done():
		if errors.Is(context.Cause(ctx), signals.ErrHangup) {
			log.Warn("SIGHUP: finishing the requests in flight and stopping")
		}
	case failure = <-d.failed:
	}
	d.stop()
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	var all sync.WaitGroup
	for _, s := range d.servers() {
		all.Go(func() { s.shutdown(grace) })
	}
	all.Wait()
	d.err = failure
	close(d.done)
}

func (d *Demo) servers() []*server { return []*server{d.page, d.api, d.gateway} }

func (d *Demo) closeListeners() {
	for _, s := range d.servers() {
		if s != nil {
			s.close()
		}
	}
}

// PageURL returns the address of the page, which is also its origin.
func (d *Demo) PageURL() string { return d.page.url() }

// APIURL returns the address of the sample API, which has no CORS.
func (d *Demo) APIURL() string { return d.api.url() }

// GatewayURL returns the address of corsac in front of the API.
func (d *Demo) GatewayURL() string { return d.gateway.url() }

// Done returns a channel that is closed when all servers have stopped.
func (d *Demo) Done() <-chan struct{} { return d.done }

// Wait waits until all servers have stopped. It returns nil unless one of them
// failed.
func (d *Demo) Wait() error {
	<-d.done
	return d.err
}

// Close stops all servers, waits, and returns the error of Wait.
func (d *Demo) Close() error {
	d.stop()
	return d.Wait()
}
