package demo

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
)

// sessionCookie has a long name because cookies ignore ports: every server that
// the viewer runs on localhost gets it.
const sessionCookie = "corsac_demo_session"

// bodyLimit bounds what the API reads of a request, in bytes.
const bodyLimit = 4 << 10

// item is an element of the API's list.
type item struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
}

// api is a small JSON API like many others: it works, and does not support
// CORS. The mux answers a preflight as it answers a method without a route,
// with 405.
type api struct {
	session string // the only session

	mu    sync.Mutex
	items []item
}

// NewAPI returns the sample API, with a session of its own.
func NewAPI() http.Handler {
	a := &api{
		session: rand.Text(),
		items: []item{
			{1, "corsac"},
			{2, "fennec"},
			{3, "arctic fox"},
		},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items", a.list)
	mux.HandleFunc("PUT /items/{id}", a.put)
	mux.HandleFunc("POST /login", a.login)
	mux.HandleFunc("GET /me", a.me)
	mux.HandleFunc("GET /broken", a.broken)
	return mux
}

func (a *api) list(w http.ResponseWriter, _ *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w.Header().Set("X-Total-Count", strconv.Itoa(len(a.items)))
	w.Header().Set("X-Server-Node", "burrow-7")
	reply(w, http.StatusOK, a.items)
}

func (a *api) put(w http.ResponseWriter, r *http.Request) {
	var in item
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, bodyLimit)).Decode(&in); err != nil {
		fail(w, http.StatusBadRequest, "the body is not an item")
		return
	}
	id, err := strconv.Atoi(r.PathValue("id"))
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range a.items {
		if err == nil && a.items[i].ID == id {
			in.ID = id
			a.items[i] = in
			reply(w, http.StatusOK, in)
			return
		}
	}
	fail(w, http.StatusNotFound, "no such item")
}

// login signs everyone in as the same person. It takes a plain form post, for
// which browsers send no preflight.
func (a *api) login(w http.ResponseWriter, _ *http.Request) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // not Secure: the demo is plain http, on loopback
		Name: sessionCookie, Value: a.session, Path: "/", MaxAge: 3600,
		HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	w.WriteHeader(http.StatusNoContent)
}

func (a *api) me(w http.ResponseWriter, r *http.Request) {
	c, err := r.Cookie(sessionCookie)
	if err != nil || subtle.ConstantTimeCompare([]byte(c.Value), []byte(a.session)) != 1 {
		fail(w, http.StatusUnauthorized, "not signed in")
		return
	}
	reply(w, http.StatusOK, struct {
		Name string `json:"name"`
		Role string `json:"role"`
	}{"Ada Lovelace", "admin"})
}

func (a *api) broken(w http.ResponseWriter, _ *http.Request) {
	fail(w, http.StatusInternalServerError, "database is down")
}

func fail(w http.ResponseWriter, status int, message string) {
	reply(w, status, map[string]string{"error": message})
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // fails if the browser has disconnected
}
