package record

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/corsac-dev/corsac/conformance/chromium"
)

// chromiumDriver opens a tab for each document.
type chromiumDriver struct {
	ctx   context.Context
	names ports
}

func newChromiumDriver(t testing.TB, s *site, patience time.Duration) *chromiumDriver {
	t.Helper()
	d := &chromiumDriver{names: s.names, ctx: chromium.Start(t, patience,
		chromedp.Flag("host-resolver-rules", "MAP *.test 127.0.0.1"),
		chromedp.Flag("ignore-certificate-errors", true),
	)}
	for _, o := range cookieOrigins {
		if err := chromium.SetCookie(d.ctx, s.names.Real(o), cookieName, "1"); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func (d *chromiumDriver) tabs() int { return 4 }

func (d *chromiumDriver) sequences() int { return 8 }

func (d *chromiumDriver) play(ctx context.Context, document, script string) (raw []byte, r reports, err error) {
	tab, stop := chromedp.NewContext(d.ctx)
	ev := newEvents(d.names, stop)
	defer func() {
		if err != nil {
			stop()
		}
	}()
	if err := chromedp.Do(tab); err != nil {
		return nil, nil, err
	}
	defer context.AfterFunc(ctx, stop)()
	if err := chromedp.Do(tab, chromedp.Func(func(_ context.Context, t *chromedp.Target) error {
		ev.listen(t)
		return nil
	})); err != nil {
		return nil, nil, err
	}
	if _, err := chromedp.Call(tab, network.Enable, network.EnableParams{}); err != nil {
		return nil, nil, err
	}
	if _, err := chromedp.Call(tab, log.Enable, cdp.Empty{}); err != nil {
		return nil, nil, err
	}
	if err := chromedp.Do(tab, chromedp.Navigate(document)); err != nil {
		return nil, nil, err
	}
	raw, err = chromedp.Run(tab, chromedp.Evaluate[[]byte](script, chromedp.EvalAwaitPromise))
	return raw, ev, err
}
