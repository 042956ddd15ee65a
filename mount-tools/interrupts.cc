#include "mount-tools/interrupts.h"

#include <signal.h>

#include <csignal>
#include <initializer_list>

namespace neurofs::tools {
namespace {

volatile std::sig_atomic_t g_interrupted = 0;

}  // namespace

void stop_at_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { g_interrupted = 1; };
  for (const int signal : {SIGINT, SIGTERM}) sigaction(signal, &action, nullptr);
}

bool interrupted() {
  return g_interrupted != 0;
}

}  // namespace neurofs::tools
