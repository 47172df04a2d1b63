package main

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const busybox = "/bin/busybox"

type mount struct{ source, target, kind string }

var mounts = []mount{
	{"devtmpfs", "/dev", "devtmpfs"},
	{"proc", "/proc", "proc"},
	{"sysfs", "/sys", "sysfs"},
	{"tmpfs", "/run", "tmpfs"},
	{"tmpfs", "/tmp", "tmpfs"},
	{"devpts", "/dev/pts", "devpts"},
}

// drivers are in the order of their dependencies.
var drivers = []string{"failover", "net_failover", "virtio_net", "virtio_blk", "cdrom", "isofs"}

func runInit() {
	for _, m := range mounts {
		_ = os.MkdirAll(m.target, 0o755)
		_ = unix.Mount(m.source, m.target, m.kind, 0, "")
		if m.target == "/dev" {
			takeConsole()
		}
	}
	say("starting")
	for _, name := range drivers {
		if err := loadDriver("/lib/modules/" + name + ".ko"); err != nil {
			say("loading %s: %v", name, err)
		}
	}
	if err := exec.Command(busybox, "--install", "-s", "/bin").Run(); err != nil {
		say("installing busybox: %v", err)
	}
	obeyPower()
	server := startServer()
	reapUntil(server)
	// Without its server the machine is of no use: show that on the console and go down, as a crashed node would.
	say("the SSH server ended; powering off")
	power(unix.LINUX_REBOOT_CMD_POWER_OFF)
}

// takeConsole puts the three standard streams on the serial console; the kernel could not, for want of /dev.
func takeConsole() {
	console, err := os.OpenFile("/dev/console", os.O_RDWR, 0)
	if err != nil {
		return
	}
	for fd := range 3 {
		_ = unix.Dup3(int(console.Fd()), fd, 0)
	}
}

func loadDriver(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	err = unix.FinitModule(int(file.Fd()), "", 0)
	if errors.Is(err, unix.EEXIST) {
		return nil
	}
	return err
}

func startServer() int {
	server := exec.Command("/init", serveArgument)
	server.Stdin, server.Stdout, server.Stderr = os.Stdin, os.Stdout, os.Stderr
	server.Env = []string{"PATH=/bin", "HOME=/root"}
	if err := server.Start(); err != nil {
		say("starting the SSH server: %v", err)
		return -1
	}
	return server.Process.Pid
}

// reapUntil buries every orphan, as process 1 must, until the given child has ended.
func reapUntil(pid int) {
	for {
		ended, err := unix.Wait4(-1, nil, 0, nil)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || ended == pid {
			return
		}
	}
}

// obeyPower makes busybox's halt, poweroff and reboot work: they are signals to process 1.
func obeyPower() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGTERM)
	go func() {
		for s := range signals {
			say("going down: %s", strings.ToLower(s.String()))
			if s == syscall.SIGTERM {
				power(unix.LINUX_REBOOT_CMD_RESTART)
			} else {
				power(unix.LINUX_REBOOT_CMD_POWER_OFF)
			}
		}
	}()
}

func power(command int) {
	unix.Sync()
	_ = unix.Unmount(diskFolder, unix.MNT_DETACH)
	time.Sleep(100 * time.Millisecond) // lets the last console line out of the serial port
	_ = unix.Reboot(command)
}
