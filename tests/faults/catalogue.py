"""What can go wrong, numbered; and the tests that show what a user then sees.

Belongs here: one line a case. A case is shown by the tests named here, wherever they live, and by
every test in this folder that has its number in its name (`test_case_24_...`). A case that nothing
shows stays in the list, so that nobody takes it for held.
"""

from __future__ import annotations

GATE = "integration/test_gate.py::"
POISON = "integration/test_gate_poisons.py::"
RELEASE = "integration/test_release.py::"
HISTORY = "integration/test_release_history.py::"
CRASH = "integration/test_release_crashes.py::"
FAULT = "integration/test_sandbox_faults.py::"
EXTRACT = "integration/test_sandbox_extraction.py::"
HTTP = "unit/test_http.py::"
LAKE = "unit/test_lake.py::"
REGISTRY = "unit/test_registry.py::"
MISTAKE = "unit/test_registry_mistakes.py::"
GROWTH = "integration/test_growth_rules.py::"
TANKS = "integration/test_growth_think_tanks.py::"

CASES: dict[int, tuple[str, tuple[str, ...]]] = {
    1: (
        "a failing check stops the publication and is named",
        (
            "e2e/test_pipeline.py::test_a_poisoned_count_is_stopped_named_and_the_old_release_stays",
            POISON + "test_a_poison_is_stopped_and_named",
        ),
    ),
    2: (
        "a failing dbt test stops what comes after it",
        ("faults/test_dbt.py::test_case_2_a_failing_dbt_test_stops_its_children_and_the_release",),
    ),
    3: (
        "a check that raises counts as failed",
        (
            GATE + "test_a_check_that_raises_is_recorded_as_errored_and_the_receipt_before_is_gone",
            RELEASE + "test_an_errored_check_is_as_good_as_a_failed_one",
        ),
    ),
    4: (
        "a warning goes out, and the release says so",
        (
            GATE + "test_honest_growth_of_half_in_a_quarter_is_a_warning_and_goes_out",
            RELEASE + "test_waivers_and_warnings_are_printed_in_the_release",
        ),
    ),
    5: (
        "publishing alone after a failed gate is refused",
        (
            RELEASE + "test_a_failed_gate_lets_nothing_out_however_publication_is_started",
            RELEASE + "test_without_a_receipt_nothing_goes_out",
        ),
    ),
    6: (
        "a candidate altered after the gate is refused",
        (RELEASE + "test_a_candidate_altered_after_the_gate_is_refused",),
    ),
    7: (
        "a required check that is gone or misspelt is named",
        (
            "contract/test_definitions.py::"
            "test_every_required_check_hangs_on_a_table_that_exists_and_blocks_the_release",
            "unit/test_gate_configuration.py::test_a_renamed_check_is_named",
            RELEASE + "test_a_receipt_without_a_required_check_is_refused_naming_it",
        ),
    ),
    8: (
        "a receipt of another release or older code is refused",
        (
            RELEASE + "test_a_receipt_for_one_quarter_lets_no_other_out",
            RELEASE + "test_a_receipt_by_other_code_is_refused",
            RELEASE + "test_an_old_receipt_or_one_from_the_future_is_refused",
        ),
    ),
    9: (
        "an empty candidate or a missing industry is refused",
        (POISON + "test_an_empty_candidate_is_refused",),
    ),
    10: (
        "values shifted by one account are caught with every sum intact",
        (POISON + "test_values_shifted_by_one_account_are_caught_with_every_sum_intact",),
    ),
    11: (
        "an empty suite is an error",
        ("unit/test_gate_configuration.py::test_an_empty_suite_is_an_error",),
    ),
    12: (
        "a batch over the cap is refused before it is loaded",
        (GATE + "test_a_batch_over_the_cap_is_a_clear_error_and_never_loaded",),
    ),
    13: (
        "no check opens a published file",
        (GATE + "test_no_check_opens_a_published_file",),
    ),
    14: (
        "readers meet whole releases in order while others are published",
        (CRASH + "test_readers_meet_whole_releases_in_order_during_publications",),
    ),
    15: (
        "an open reader keeps its release, a new one gets the new",
        (CRASH + "test_a_reader_keeps_its_release_and_the_next_one_to_connect_gets_the_new",),
    ),
    16: (
        "the same process gets the new release when it connects again",
        (CRASH + "test_a_reader_keeps_its_release_and_the_next_one_to_connect_gets_the_new",),
    ),
    17: (
        "dying at any step leaves the old or the new release",
        (
            CRASH + "test_dying_before_any_step_leaves_the_old_or_the_new_release_and_"
            "the_next_run_mends",
            "crash/test_crashes.py::TestPublication::test_at_every_fsync_and_rename",
            HISTORY + "test_a_dangling_pointer_is_mended",
        ),
    ),
    18: (
        "rolling back and forward moves the pointer only; to nothing, it is refused",
        (
            HISTORY + "test_rolling_back_and_forward_moves_only_the_pointer_and_is_logged",
            HISTORY + "test_rolling_back_to_nothing_is_refused_and_says_what_there_is",
        ),
    ),
    19: (
        "what a killed writer left in its log is published, and no log is",
        (RELEASE + "test_rows_that_a_killed_writer_left_in_its_log_are_published_and_no_log_is",),
    ),
    20: (
        "an older DuckDB opens the published file",
        (RELEASE + "test_an_older_command_line_client_opens_it",),
    ),
    21: (
        "a release can be read and not written",
        (RELEASE + "test_a_release_can_be_read_but_not_written",),
    ),
    22: (
        "publishing the same candidate twice is one release",
        (RELEASE + "test_publishing_the_same_candidate_again_publishes_nothing",),
    ),
    23: (
        "Parquet and DuckDB of a release hold the same",
        (RELEASE + "test_parquet_and_duckdb_hold_the_same_and_parquet_is_the_same_bytes_again",),
    ),
    24: ("clearing old releases never takes one that is needed", ()),
    25: (
        "an extraction killed at a page goes on there, to the same records",
        (
            "integration/test_page_checkpoint.py::"
            "test_a_run_killed_between_two_pages_goes_on_at_the_second",
            "crash/test_crashes.py::TestExtraction::test_at_random_moments",
        ),
    ),
    26: (
        "a build killed anywhere is built again to the same tables",
        (
            "e2e/test_pipeline.py::"
            "test_a_killed_run_leaves_the_release_readable_and_the_next_run_succeeds",
        ),
    ),
    27: (
        "what was landed before a kill is there after it",
        ("crash/test_crashes.py::TestExtraction::test_at_every_fsync_and_rename",),
    ),
    28: (
        "the second of two runs waits, or is refused with the holder's name",
        (
            "integration/test_gate_lock.py::test_waiting_in_vain_names_who_has_it",
            "integration/test_gate_lock.py::test_whoever_waits_gets_it_when_it_is_free",
        ),
    ),
    29: ("somebody who holds the candidate open is named", ()),
    30: (
        "a full disk leaves the old release, and the next run goes through",
        (
            CRASH + "test_a_disk_that_fills_up_leaves_the_old_release",
            LAKE + "test_a_write_that_fails_half_way_leaves_the_old_part",
        ),
    ),
    31: ("a folder that cannot be written is said before anything is asked", ()),
    32: (
        "Dagster's own memory may be lost",
        ("e2e/test_pipeline.py::test_a_second_run_without_dagsters_memory_changes_nothing",),
    ),
    33: (
        "schedules start each run once",
        ("unit/test_schedules.py::test_a_tick_that_is_evaluated_twice_starts_one_run",),
    ),
    34: (
        "a flipped bit, a missing and a cut file are found",
        (
            HISTORY + "test_one_flipped_bit_is_found",
            HISTORY + "test_a_missing_an_added_and_a_cut_file_are_found",
        ),
    ),
    35: ("a small memory limit spills or fails cleanly", ()),
    36: (
        "a pause that is asked for is kept, and cut to reason",
        (
            HTTP + "test_retry_after_is_read_and_clamped",
            HTTP + "test_a_throttled_call_holds_everybody_back",
            FAULT + "test_an_endless_rate_limit_stops_the_platform_with_a_next_step",
        ),
    ),
    37: (
        "a server that fails for a moment is asked again, one that stays down is left",
        (
            HTTP + "test_three_bad_answers_and_a_good_one_are_one_answer",
            FAULT + "test_a_fault_of_the_moment_is_waited_out_and_counted",
            FAULT + "test_a_platform_that_is_down_is_not_asked_for_ever",
        ),
    ),
    38: (
        "an answer that does not end is cut off by the clock",
        (FAULT + "test_an_answer_that_does_not_end_is_cut_off_by_the_clock_on_the_wall",),
    ),
    39: (
        "an answer that breaks off is never stored",
        (FAULT + "test_one_accounts_lasting_fault_fails_it_alone_and_says_why",),
    ),
    40: (
        "a page in HTML, nothing, or an error with 200 is no count",
        (
            HTTP + "test_anything_but_json_with_200_is_an_error_that_names_it",
            FAULT + "test_one_accounts_lasting_fault_fails_it_alone_and_says_why",
        ),
    ),
    41: (
        "cursors that run in a circle and pages without end stop, and are named",
        (
            "unit/test_bluesky_posts.py::"
            "test_pages_that_run_in_a_circle_fail_the_account_and_name_the_cursor",
            "unit/test_bluesky_posts.py::test_more_pages_than_anybody_posts_fail_the_account",
            EXTRACT + "test_pages_without_end_fail_that_account_only",
        ),
    ),
    42: (
        "a next page elsewhere is not asked for, and sees no token",
        (
            HTTP + "test_an_address_outside_the_base_is_never_requested",
            HTTP + "test_a_public_name_that_resolves_to_a_private_host_is_not_asked",
            "unit/test_facebook.py::test_a_next_page_on_another_host_is_not_asked",
        ),
    ),
    43: (
        "a redirect is not followed",
        (HTTP + "test_a_redirect_is_not_followed_and_its_target_not_shown",),
    ),
    44: (
        "a bomb, an endless body and endless nesting are cut off",
        (
            FAULT + "test_a_gzip_bomb_does_not_grow_in_memory",
            HTTP + "test_a_body_beyond_the_cap_is_cut_off",
            HTTP + "test_json_that_must_not_be_trusted_is_an_error",
        ),
    ),
    45: (
        "a post on two pages is one post; one that disappears between calls is told",
        (
            "unit/test_bluesky_posts.py::"
            "test_a_post_on_two_pages_is_one_record_with_its_latest_counts",
            "unit/test_youtube.py::test_a_video_that_disappears_between_two_calls_is_told",
        ),
    ),
    46: (
        "a refused token stops its platform at once",
        (
            EXTRACT + "test_a_platform_that_refuses_us_is_stopped_and_the_rest_asked_next_time",
            "unit/test_x.py::test_a_refused_token_stops_x_and_names_the_setting",
        ),
    ),
    47: (
        "a used-up budget goes on the next day where it stopped",
        (
            "integration/test_sandbox_budgets.py::"
            "test_the_report_names_who_is_left_and_when_it_resets_and_they_come_first",
        ),
    ),
    48: (
        "an unknown field is told once, without its value",
        (FAULT + "test_an_unknown_field_is_reported_once_and_everything_is_read",),
    ),
    49: (
        "a field that is gone fails that record; too many of them stop the quarter",
        (
            FAULT + "test_one_accounts_lasting_fault_fails_it_alone_and_says_why",
            POISON + "test_a_poison_is_stopped_and_named",
        ),
    ),
    50: (
        "what is no exact count is refused, never rounded or coerced",
        (
            FAULT + "test_one_accounts_lasting_fault_fails_it_alone_and_says_why",
            "unit/test_import_manual_capture.py::test_a_count_is_digits_or_refused",
        ),
    ),
    51: (
        "falls to 0, jumps and merged pages are no growth until somebody says why",
        (
            GATE + "test_one_account_times_ten_at_the_close_is_named_with_its_counts",
            GROWTH + "test_each_account_has_the_status_of_what_happened_to_it",
            "golden/test_known_breaks.py::test_a_merged_page_is_no_growth",
        ),
    ),
    52: (
        "a renamed account is one, a name that passes on is two",
        (
            TANKS + "test_eight_renames_break_nothing",
            MISTAKE + "test_a_name_that_passes_to_another_account_names_whose_it_was_that_day",
        ),
    ),
    53: (
        "an account that is not shown is no zero",
        (
            FAULT + "test_an_account_that_is_not_shown_is_a_row_without_counts",
            EXTRACT + "test_out_of_sight_in_the_evening_keeps_the_mornings_count",
        ),
    ),
    54: (
        "of two readings of a moment the same one always wins",
        (
            LAKE + "test_the_same_facts_landed_later_by_another_run_rewrite_nothing",
            GROWTH + "test_of_two_readings_of_one_moment_the_higher_counts_"
            "whatever_order_they_are_read_in",
        ),
    ),
    55: (
        "a late snapshot of a closed quarter is a new revision with its difference",
        (
            GROWTH + "test_a_late_snapshot_changes_its_own_quarter_only",
            HISTORY + "test_a_restated_quarter_becomes_a_new_revision_with_its_difference",
        ),
    ),
    56: (
        "days and quarters are local ones, on every machine",
        (
            LAKE + "test_a_day_is_a_day_in_stockholm",
            MISTAKE + "test_days_are_the_files_own_whatever_the_hosts_zone",
            "unit/test_partitions.py::"
            "test_quarter_windows_start_and_end_at_local_midnight_on_both_sides_of_the_clock_change",
        ),
    ),
    57: (
        "a clock that runs ahead is told",
        (
            LAKE + "test_a_platforms_clock_may_run_five_minutes_ahead",
            LAKE + "test_what_cannot_be_is_refused_in_words_and_nothing_is_written",
        ),
    ),
    58: (
        "without a start there is no growth, and a reason",
        (TANKS + "test_the_first_quarter_has_no_start_and_says_so",),
    ),
    59: (
        "quarters built in any order are the same tables",
        (TANKS + "test_every_order_of_building_gives_the_same_tables",),
    ),
    60: (
        "everything again from the lake is the same release",
        ("e2e/test_pipeline.py::test_a_second_run_without_dagsters_memory_changes_nothing",),
    ),
    61: (
        "an organisation is in one industry on any day",
        (REGISTRY + "test_an_organisation_may_move_between_industries_but_not_be_in_two_at_once",),
    ),
    62: (
        "names keep their letters, and one letter written in two ways is one",
        (
            MISTAKE + "test_names_as_platforms_give_them_are_taken",
            MISTAKE + "test_one_letter_written_in_two_ways_is_one_handle",
            "integration/test_report.py::test_names_and_texts_are_escaped",
        ),
    ),
    63: (
        "a slip in the registry is named with its line",
        (
            REGISTRY + "test_a_mistake_is_named_with_its_line",
            REGISTRY + "test_a_key_given_twice_is_refused_with_both_lines",
            REGISTRY + "test_a_byte_order_mark_and_windows_line_ends_are_read",
        ),
    ),
    64: (
        "no token reaches anything that is written",
        (
            FAULT + "test_no_secret_reaches_anything_that_is_written",
            HTTP + "test_no_message_log_line_or_cause_holds_the_token",
        ),
    ),
    65: (
        "names that could leave their place are refused",
        (
            MISTAKE + "test_names_that_could_leave_their_place_are_refused",
            LAKE + "test_names_that_leave_the_lake_are_refused",
        ),
    ),
    66: ("a YAML tag is refused", (REGISTRY + "test_a_yaml_tag_is_refused",)),
    67: ("nobody but the platform is asked, and nothing is reported home", ()),
    68: (
        "servers listen on loopback only",
        ("integration/test_sandbox.py::test_it_listens_on_loopback_and_stops_cleanly",),
    ),
    69: (
        "no visitor's name, picture or words are kept",
        (
            "unit/test_facebook.py::test_the_archive_holds_no_visitor_and_no_token",
            "unit/test_youtube.py::test_the_archive_holds_no_visitor",
            "faults/test_persons.py::"
            "test_case_69_no_visitor_of_any_platform_reaches_a_file_or_a_log",
        ),
    ),
    70: (
        "no page asks anybody for anything",
        (
            "integration/test_report.py::"
            "test_no_page_asks_anything_of_the_outside_or_runs_a_script",
            GATE + "test_the_report_is_one_page_that_asks_nobody_else",
        ),
    ),
    71: (
        "what is written is its owner's only, and a file of tokens must be too",
        (
            FAULT + "test_the_lake_is_private",
            LAKE + "test_only_the_owner_may_read_it",
            "unit/test_receipt.py::test_it_reads_back_as_written_and_only_its_owner_can_read_it",
        ),
    ),
    72: (
        "an account can be erased everywhere",
        (
            "faults/test_erasure.py::"
            "test_case_72_nothing_is_left_of_an_organisation_and_all_of_the_other",
            "faults/test_erasure.py::test_case_72_killed_anywhere_and_run_again_it_ends_the_same",
        ),
    ),
    73: ("the list of parts agrees with what is installed", ()),
}
