package upstream_test

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/http1"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/upstream"
)

// both dials localhost at the addresses of both families.
func both(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, _ := net.SplitHostPort(address)
	if host != "localhost" {
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	conn, err := new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+port)
	if err == nil {
		return conn, nil
	}
	conn, err2 := new(net.Dialer).DialContext(ctx, network, "[::1]:"+port)
	if err2 == nil {
		return conn, nil
	}
	return nil, errors.Join(err, err2)
}

// proxy passes requests on to an upstream, and changes a field of its responses.
// It ends its exchange with the upstream when the client leaves. What it does not
// show is which fields must not be passed on.
func proxy(client *upstream.Client) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		_ = control.EnableFullDuplex() // a response may begin before the body has been sent
		out := &upstream.Request{
			Method: r.Method, URL: r.URL, Host: r.Host, Fields: []http1.Field{{Name: "Accept", Value: r.Header.Get("Accept")}},
			Interim: func(status int, fields []http1.Field) error {
				copyFields(w.Header(), fields)
				if status != http.StatusContinue {
					w.WriteHeader(status)
				}
				return nil
			},
			Waiting: func() { _ = control.Flush() }, // events are not held back
		}
		if r.ContentLength != 0 {
			out.Body, out.Length, out.Trailer = r.Body, r.ContentLength, r.Trailer
		}
		res, err := client.Do(r.Context(), out)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer res.Body.Close()
		copyFields(w.Header(), res.Fields)
		w.Header().Set("Location", "/rewritten")
		w.WriteHeader(res.Status)
		if _, err := io.Copy(w, res.Body); err != nil {
			panic(http.ErrAbortHandler) // the client sees that the response is not whole
		}
		for _, f := range res.Body.Trailers() {
			w.Header().Set(http.TrailerPrefix+f.Name, f.Value)
		}
	}
}

func copyFields(h http.Header, fields []http1.Field) {
	for _, f := range fields {
		h.Add(f.Name, f.Value)
	}
}

func Example() {
	api := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", cmp.Or(r.TLS.ServerName, "no name"))
		fmt.Fprintf(w, "%s %s", r.Method, r.Host)
	}))
	defer api.Close()
	target, _ := url.Parse(api.URL)
	client := upstream.New(&url.URL{Scheme: "https", Host: "localhost:" + target.Port()}, upstream.Options{
		Dial: both,
		TLS:  &tls.Config{InsecureSkipVerify: true},
	})
	defer client.CloseIdle()
	front := httptest.NewServer(proxy(client))
	defer front.Close()
	res, err := http.Get(front.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	fmt.Println(res.StatusCode, res.Header.Get("Location"), len(body) > 0)
	// Output: 200 /rewritten true
}
