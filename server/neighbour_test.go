package server

import (
	"io"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/parleyhq/parley/engine"
)

// tally counts the answers of clients by status, and the refusals that do not say when to come again.
type tally struct {
	mu     sync.Mutex
	status map[int]int
	silent int
}

// ask sends n requests, one after the other, over a socket.
func (a *tally) ask(t *testing.T, client *http.Client, address, token string, n int) {
	for range n {
		req, err := http.NewRequest(http.MethodGet, "http://"+address+"/v1/me", nil)
		if err != nil {
			t.Error(err)
			return
		}
		req.Header.Set("Authorization", "Bearer "+token)
		res, err := client.Do(req)
		if err != nil {
			t.Error(err)
			return
		}
		_, err = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		wait, _ := strconv.Atoi(res.Header.Get("Retry-After")) // 0 if there is none
		a.mu.Lock()
		a.status[res.StatusCode]++
		if res.StatusCode == http.StatusTooManyRequests && wait < 1 {
			a.silent++
		}
		a.mu.Unlock()
		if err != nil {
			t.Error(err)
		}
	}
}

// TestNoisyNeighbour: a tenant that asks a hundred times what it may, by many principals, gets what it may and is told when to come
// again; the other tenant gets all that it may, at the same time.
func TestNoisyNeighbour(t *testing.T) {
	t.Parallel()
	const rate, noise, principals = 10, 100, 4
	const may = rate * int(rateWindow/time.Second)
	w := newDeck(t)
	w.command("test", engine.PutTenant{Tenant: engine.Tenant{ID: "noisy"}})
	quietKey := w.key("quiet", engine.CreateKey{Role: engine.RoleCoordinator})
	var noisyKeys [principals]string
	for i := range noisyKeys {
		noisyKeys[i] = w.key("noisy-"+strconv.Itoa(i), engine.CreateKey{Tenant: "noisy", Role: engine.RoleCoordinator})
	}
	now := w.limits(Rates{Principal: -1, Tenant: rate, Address: -1, Failures: -1}, false)
	address := w.listenTCP()
	transport := &http.Transport{MaxIdleConnsPerHost: principals + 1}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	for window := range 3 {
		noisy, quiet := tally{status: map[int]int{}}, tally{status: map[int]int{}}
		var all sync.WaitGroup
		for _, key := range noisyKeys {
			all.Go(func() { noisy.ask(t, client, address, key, noise*may/principals) })
		}
		all.Go(func() { quiet.ask(t, client, address, quietKey, may) })
		all.Wait()
		if quiet.status[http.StatusOK] != may || len(quiet.status) != 1 {
			t.Fatalf("window %d: the other tenant got %v", window, quiet.status)
		}
		if noisy.status[http.StatusOK] != may || noisy.status[http.StatusTooManyRequests] != (noise-1)*may || noisy.silent != 0 {
			t.Fatalf("window %d: the noisy tenant got %v, %d of them without Retry-After", window, noisy.status, noisy.silent)
		}
		*now += int64(rateWindow)
	}
}
