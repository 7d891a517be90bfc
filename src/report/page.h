/* page: the texts of the report's page, from the files of page/: report.html with its slots, report.css, report.js. */
#ifndef LASTACK_REPORT_PAGE_H
#define LASTACK_REPORT_PAGE_H

#include "base/embedded.h"

extern const struct embedded page_files[];

#endif
