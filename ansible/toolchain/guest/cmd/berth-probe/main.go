// berth-probe is the one program of a small container image with which a new cluster is proven: it answers HTTP,
// looks names up, fetches addresses and keeps a processor busy, from inside a pod.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"
)

const usage = `usage:
  probe serve [ADDRESS]          answer HTTP with this pod's name (default :8080);
                                 /busy?seconds=N keeps one processor busy for so long first
  probe lookup NAME [SECONDS]    print the addresses of a name, trying for so long (default 30)
  probe get URL [SECONDS]        print what an address answers, trying for so long (default 30)`

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "probe: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New(usage)
	}
	if args[0] == "serve" {
		return serve(argument(args, 1, ":8080"))
	}
	if len(args) < 2 {
		return errors.New(usage)
	}
	limit, err := time.ParseDuration(argument(args, 2, "30") + "s")
	if err != nil {
		return fmt.Errorf("reading the seconds: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	switch args[0] {
	case "lookup":
		return retry(ctx, func() error { return lookup(ctx, args[1]) })
	case "get":
		return retry(ctx, func() error { return get(ctx, args[1]) })
	default:
		return errors.New(usage)
	}
}

func argument(args []string, index int, fallback string) string {
	if index < len(args) {
		return args[index]
	}
	return fallback
}

func serve(address string) error {
	name, err := os.Hostname()
	if err != nil {
		return err
	}
	server := http.Server{Addr: address, Handler: handler(name), ReadHeaderTimeout: 10 * time.Second}
	fmt.Printf("%s listens on %s\n", name, address)
	return server.ListenAndServe()
}

// mostBusySeconds bounds what one request can ask for.
const mostBusySeconds = 600

func handler(name string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintf(w, "hello from %s\n", name) })
	mux.HandleFunc("/busy", func(w http.ResponseWriter, r *http.Request) {
		seconds, err := strconv.Atoi(r.URL.Query().Get("seconds"))
		if err != nil || seconds < 1 || seconds > mostBusySeconds {
			http.Error(w, fmt.Sprintf("seconds: a whole number from 1 to %d", mostBusySeconds), http.StatusBadRequest)
			return
		}
		busy(r.Context(), time.Duration(seconds)*time.Second)
		_, _ = fmt.Fprintf(w, "%s was busy\n", name)
	})
	return mux
}

// busy computes without a pause until the time is over, or nobody waits for it any more.
func busy(ctx context.Context, limit time.Duration) {
	for end := time.Now().Add(limit); time.Now().Before(end) && ctx.Err() == nil; {
		for range 1_000_000 {
		}
	}
}

func lookup(ctx context.Context, name string) error {
	addresses, err := net.DefaultResolver.LookupHost(ctx, name)
	if err != nil {
		return err
	}
	for _, a := range addresses {
		fmt.Println(a)
	}
	return nil
}

func get(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode >= 400 {
		return fmt.Errorf("%s answered %s", url, response.Status)
	}
	_, err = io.Copy(os.Stdout, response.Body)
	return err
}

// retry repeats what fails until the context ends, then returns the last reason.
func retry(ctx context.Context, attempt func() error) error {
	for {
		err := attempt()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(500 * time.Millisecond):
		}
	}
}
