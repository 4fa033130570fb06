#!/usr/bin/env python3
"""Shows that stages.py counts a sample for the stage it belongs to."""

import sys
import unittest

sys.dont_write_bytecode = True
import stages  # noqa: E402


class Stages(unittest.TestCase):
    def test_the_kernel_is_counted_for_the_call_that_is_under_way(self):
        for stack, stage in (
            (["tcp_ack", "____sys_sendmsg", "do_syscall_64", "__libc_sendmsg"], "send"),
            (["tcp_ack", "__x64_sys_sendto", "do_syscall_64", "__send"], "send"),
            (["sock_poll", "__x64_sys_epoll_wait", "do_syscall_64"], "wait for events"),
            (["jbd2_log_start", "__x64_sys_fdatasync", "do_syscall_64"], "sync"),
            (["iomap_dio_rw", "do_pwritev", "do_syscall_64"], "sync"),
            (["openat2", "__x64_sys_openat", "do_syscall_64"], "kernel, the rest"),
            (["clear_page", "exc_page_fault", "asm_exc_page_fault", "memcpy"], "page faults"),
            (["entry_SYSCALL_64_safe_stack", "__send"], "kernel, the rest"),
        ):
            self.assertEqual(stages.stage_of(stack), stage, stack)

    def test_own_code_is_counted_for_the_stage_of_its_function(self):
        for function, stage in (
            ("thalweg::RequestHead::ReadField", "read the head"),
            ("thalweg::Router::Impl::Handle", "route, decode fields"),
            ("thalweg::StreamTable::AddBytes", "find the stream, decide, apply"),
            ("thalweg::TailBytes::Append", "find the stream, decide, apply"),
            ("thalweg::LocalLog::Stage", "the log's record and block"),
            ("thalweg::Port::WhenDurable", "wait until durable"),
            ("thalweg::OutputQueue::Text[abi:cxx11]", "make the answer"),
            ("thalweg::Http1Connection::PopEnded", "connections, loop"),
            ("thalweg::Checkpoint::WriteStream", "checkpoint"),
            ("__memmove_avx512_unaligned_erms", stages.REST),
        ):
            self.assertEqual(stages.stage_of([function, "somebody"]), stage, function)

    def test_a_table_has_a_line_for_each_stage_and_their_sum(self):
        lines = stages.table({"ours": {"send": 2.004, stages.REST: 0.5}, "limit": {"send": 1}})
        self.assertIn("| CPU per append, µs | ours | limit |\n|---|---|---|", lines)
        self.assertIn("| send | 2.00 | 1.00 |", lines)
        self.assertIn(f"| {stages.REST} | 0.50 |  |", lines)
        self.assertIn("| all | 2.50 | 1.00 |", lines)


if __name__ == "__main__":
    unittest.main()
