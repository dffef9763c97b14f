# What ctest does for one call of portcullis_discover_tests() (PortcullisDiscoverTests.cmake): asks
# for the cases and adds a test for each.
execute_process(COMMAND "${program}" list cases ${scenarios}
  OUTPUT_VARIABLE cases ERROR_VARIABLE trouble RESULT_VARIABLE result OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT result EQUAL 0)
  # A test that fails and says why: ctest itself would go on without the cases.
  add_test("${prefix}portcullis-list-cases" "${program}" list cases ${scenarios})
  message(WARNING "${program} list cases: ${result}\n${trouble}")
  return()
endif()

string(REPLACE ";" "\\;" cases "${cases}")
string(REPLACE "\n" ";" cases "${cases}")
foreach(case IN LISTS cases)
  set(test "${prefix}${case}")
  add_test("${test}" "${program}" run ${scenarios} --filter "${case}" -j 1 ${arguments})
  set(properties)
  if(timeout)
    list(APPEND properties TIMEOUT "${timeout}")
  endif()
  if(case MATCHES "^[^/]*/.*/here(@[^/]*)?/[^/]+/[^/]+$")
    list(APPEND properties RESOURCE_GROUPS "1,gpus:1")
  endif()
  set_tests_properties("${test}" PROPERTIES LABELS "${labels}" ${properties})
endforeach()
