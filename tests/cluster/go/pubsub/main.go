// Google's own in-memory Pub/Sub, as a program: it takes what is published, and it is pulled from.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"

	"cloud.google.com/go/pubsub/v2/pstest"
)

func main() {
	port := flag.Int("port", 0, "where it listens, on loopback; 0: anywhere")
	flag.Parse()
	server := pstest.NewServerWithAddress(fmt.Sprintf("127.0.0.1:%d", *port))
	defer func() {
		if err := server.Close(); err != nil {
			log.Print(err)
		}
	}()
	fmt.Println(server.Addr)
	stopped := make(chan os.Signal, 1)
	signal.Notify(stopped, syscall.SIGTERM, syscall.SIGINT)
	<-stopped
}
