package serve

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"runtime"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/hostguard"
	"github.com/corsac-dev/corsac/internal/visible"
)

// admin returns the handler of the admin address. Whoever can reach that address may
// read everything there. What a reload starts goes on until ctx is done.
func (r *Runner) admin(ctx context.Context, registry *prometheus.Registry) (http.Handler, error) {
	guard, err := hostguard.New()
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", r.ready)
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	inside := http.NewServeMux()
	inside.HandleFunc("GET /{$}", r.writePage)
	inside.HandleFunc("GET /status.css", writeStyle)
	inside.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) { r.writeStatus(w, http.StatusOK) })
	inside.HandleFunc("GET /config", r.readBack)
	inside.HandleFunc("POST /reload", func(w http.ResponseWriter, _ *http.Request) { r.reloadNow(ctx, w) })
	inside.HandleFunc("GET /debug/pprof/", pprof.Index)
	inside.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	inside.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	inside.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	inside.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("/", func(w http.ResponseWriter, q *http.Request) {
		switch {
		case !guard.Allows(q.Host) && !isAddress(q.Host): // a page may have given its own name this address
			http.Error(w, "ask under an IP address or localhost, such as http://127.0.0.1"+q.URL.Path, http.StatusForbidden)
		case hostguard.SenderOf(q.Header, "http://"+q.Host) == hostguard.Foreign: // which may cost something, also to read
			http.Error(w, "pages of other sites must not ask this; open it from the address bar", http.StatusForbidden)
		default:
			inside.ServeHTTP(w, q)
		}
	})
	return forward.Prompt(mux), nil
}

// isAddress reports whether the value of a Host header is an IP address.
func isAddress(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil
}

// ready says whether new requests may come.
func (r *Runner) ready(w http.ResponseWriter, _ *http.Request) {
	if r.stopping.Load() {
		http.Error(w, "stopping", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ready\n"))
}

func (r *Runner) writeStatus(w http.ResponseWriter, status int) {
	body, err := json.MarshalIndent(r.Status(), "", "  ")
	if err != nil {
		panic(err) // it has texts, numbers and times
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = visible.JSON(w).Write(append(body, '\n'))
}

// readBack writes the configuration that runs, byte for byte.
func (r *Runner) readBack(w http.ResponseWriter, _ *http.Request) {
	c := r.Running()
	text, err := c.Source()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/yaml")
	w.Header().Set("Etag", `"`+c.Hash()+`"`)
	_, _ = w.Write(text)
}

// reloadNow reads the file again. The status of the answer is 422 if it is refused.
func (r *Runner) reloadNow(ctx context.Context, w http.ResponseWriter) {
	if r.File == "" {
		http.Error(w, "there is no file to read again", http.StatusConflict)
		return
	}
	status := http.StatusOK
	if err := r.Reload(ctx, true); err != nil {
		status = http.StatusUnprocessableEntity
	}
	r.writeStatus(w, status)
}

// collect registers what is known of the process and of the configuration.
func (r *Runner) collect(registry prometheus.Registerer) {
	gauge := func(name, help string, value func(Status) float64) {
		registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "corsac", Name: name, Help: help}, func() float64 { return value(r.state()) }))
	}
	counter := func(name, help string, value func() float64) {
		registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Namespace: "corsac", Name: name, Help: help}, value))
	}
	gauge("config_refused", "1 while the file has mistakes and an older configuration runs.", func(s Status) float64 { return oneIf(s.Problem != nil) })
	gauge("config_restart_needed", "1 while the file has values that need a restart.", func(s Status) float64 { return oneIf(len(s.Restart) > 0) })
	gauge("certificate_refused", "1 while files of certificates cannot be used and those read before are.", func(s Status) float64 { return oneIf(s.CertificateProblem != nil) })
	gauge("config_loaded_timestamp_seconds", "When the configuration that runs was read.", func(s Status) float64 { return float64(s.Since.UnixNano()) / float64(time.Second) })
	counter("config_reloads_total", "Configurations that have replaced another.", func() float64 { return float64(r.state().Reloads) })
	counter("config_refusals_total", "Configurations that were refused.", func() float64 { return float64(r.state().Refused) })
	counter("access_log_dropped_total", "Lines of the access log that could not be written.", func() float64 { return float64(r.access.Dropped()) })
	build := prometheus.Labels{"version": r.Version, "goversion": runtime.Version()}
	registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: "corsac", Name: "build_info", Help: "Always 1; the labels say which program runs.", ConstLabels: build,
	}, func() float64 { return 1 }), configInfo{r}, expiries{r})
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
}

// configInfo collects a metric whose label is the hash of the configuration that runs,
// so that nodes with different ones are seen.
type configInfo struct{ *Runner }

var configInfoDesc = prometheus.NewDesc("corsac_config_info", "1, with the hash of the configuration that runs.", []string{"hash"}, nil)

// Describe implements [prometheus.Collector].
func (configInfo) Describe(to chan<- *prometheus.Desc) { to <- configInfoDesc }

// Collect implements [prometheus.Collector].
func (c configInfo) Collect(to chan<- prometheus.Metric) {
	to <- prometheus.MustNewConstMetric(configInfoDesc, prometheus.GaugeValue, 1, c.state().Hash)
}

// expiries are the ends of the certificates that clients get.
type expiries struct{ *Runner }

var expiry = prometheus.NewDesc("corsac_certificate_expiry_timestamp_seconds", "When a certificate ends, by its first name.", []string{"subject"}, nil)

// Describe implements [prometheus.Collector].
func (expiries) Describe(to chan<- *prometheus.Desc) { to <- expiry }

// Collect implements [prometheus.Collector].
func (e expiries) Collect(to chan<- prometheus.Metric) {
	if e.certs == nil {
		return
	}
	for subject, end := range e.certs.Expiries() {
		to <- prometheus.MustNewConstMetric(expiry, prometheus.GaugeValue, float64(end.Unix()), subject)
	}
}

func oneIf(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
