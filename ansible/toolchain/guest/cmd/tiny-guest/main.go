// tiny-guest is the whole user space of the test machine: process 1 (mounts, drivers, orphans, power), and a child
// that takes the machine's identity from the seed disk and serves SSH. It stands in for a node in engine tests, where
// a machine must boot in seconds and run the commands of a program, but need not run Kubernetes.
package main

import (
	"fmt"
	"os"
	"time"
)

const serveArgument = "serve"

func main() {
	if len(os.Args) > 1 && os.Args[1] == serveArgument {
		if err := becomeMachine(); err != nil {
			say("stopped: %v", err)
			os.Exit(1)
		}
		return
	}
	if os.Getpid() != 1 {
		fmt.Fprintln(os.Stderr, "tiny-guest is the init of a test machine; it does nothing elsewhere")
		os.Exit(2)
	}
	runInit()
}

// say writes one line to the serial console, stamped with the seconds since the kernel started.
func say(format string, args ...any) {
	fmt.Printf("[%s] tiny-guest: %s\n", uptime(), fmt.Sprintf(format, args...))
}

func uptime() string {
	text, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return time.Now().Format(time.TimeOnly)
	}
	var seconds float64
	_, _ = fmt.Sscan(string(text), &seconds)
	return fmt.Sprintf("%.2f", seconds)
}
